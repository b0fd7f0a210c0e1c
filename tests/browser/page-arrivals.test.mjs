// @ts-check
/** Where a picture, a model or a folder goes that is dropped or pasted on any tab; and when the camera stops. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { browserName } from "./launch.mjs";
import { answered, button, openVisits } from "./visits.mjs";

/** @import { Page } from "playwright-core" */

/** Notes every track of the camera, so that a test can ask which are live. */
const { visit } = openVisits(() => {
  const tracks = /** @type {MediaStreamTrack[]} */ ([]);
  Reflect.set(window, "tracks", tracks);
  const { mediaDevices } = navigator;
  if (!mediaDevices) return;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (asked) => {
    const stream = await ask(asked);
    tracks.push(...stream.getTracks());
    return stream;
  };
});

const PICTURE = readFileSync("tests/browser/pictures/scene.png").toString("base64");

/** What a visitor drops or pastes: files of the same picture, or others with a text. @param {Page} page @param {(string | { name: string, text: string })[]} files */
const transferOf = (page, files) =>
  page.evaluateHandle(
    ([base64, files]) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      for (const file of files)
        transfer.items.add(typeof file === "string" ? new File([bytes], file, { type: "image/png" }) : new File([file.text], file.name));
      return transfer;
    },
    /** @type {const} */ ([PICTURE, files]),
  );

/** @param {Page} page @param {(string | { name: string, text: string })[]} files @param {string} [place] */
async function drop(page, files, place = "h1") {
  const dataTransfer = await transferOf(page, files);
  await page.locator(place).first().dispatchEvent("dragover", { dataTransfer });
  await page.locator(place).first().dispatchEvent("drop", { dataTransfer });
}

/** @param {Page} page @param {string[]} files @param {string} [text] */
async function paste(page, files, text = "") {
  await page.evaluate(
    ([clipboardData, text]) => {
      if (text) clipboardData.setData("text/plain", text);
      const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
      Object.defineProperty(event, "clipboardData", { value: clipboardData }); // Firefox passes over the constructor's
      document.body.dispatchEvent(event);
    },
    /** @type {const} */ ([await transferOf(page, files), text]),
  );
}

/** @param {Page} page @param {string} name */
const tab = (page, name) => page.getByRole("tab", { name, exact: true });
/** @param {Page} page @param {string} name */
const panel = (page, name) => page.getByRole("tabpanel", { name, exact: true });
/** @param {Page} page */
const ownPictures = (page) => page.locator(`[aria-label="Your pictures"] li`).count();

for (const name of ["Model", "Guide"])
  visit(`a picture that is dropped on ${name} is shown where it went: Classify`, async (page) => {
    await tab(page, name).click();
    const dataTransfer = await transferOf(page, ["scene.png"]);
    await page.locator("main").dispatchEvent("dragover", { dataTransfer });
    await page.getByText("to classify it").filter({ visible: true }).waitFor();
    await page.locator("main").dispatchEvent("drop", { dataTransfer });
    await panel(page, "Classify").waitFor();
    await page.locator(`picture-stage img[alt="Your picture scene.png"]`).waitFor();
    await answered(page);
    assert.equal(await page.locator("#announcements").textContent().then((said) => /Classify/.test(said ?? "") || said !== ""), true);
  });

visit("a picture that is pasted on another tab is shown where it went", async (page) => {
  await tab(page, "Model").click();
  await paste(page, ["pasted.png"]);
  await panel(page, "Classify").waitFor();
  await page.locator(`picture-stage img[alt="Your picture pasted.png"]`).waitFor();
});

visit("an address that is pasted on another tab is asked about where it can be seen", async (page) => {
  await tab(page, "Guide").click();
  await paste(page, [], "https://example.org/100%.png");
  await panel(page, "Classify").waitFor();
  await page.frameLocator(`iframe[title="A picture from an address"]`).getByRole("button", { name: "Ask example.org" }).waitFor();
});

visit("pictures that are dropped on Dataset become the data set, wherever on the page they land", async (page) => {
  await tab(page, "Dataset").click();
  await page.locator("dataset-view").waitFor();
  for (const [place, names] of /** @type {[string, string[]][]} */ ([["dataset-view", ["one.png"]], ["h1", ["two.png", "three.png"]]])) {
    await drop(page, names, place);
    await page.getByText(new RegExp(`^${names.length} of ${names.length} pictures of `)).waitFor();
  }
  assert.equal(await ownPictures(page), 0, "none of them is in Classify");
  await panel(page, "Dataset").waitFor();
});

visit("pictures that are dropped on Bias are opened under Dataset, which is shown", async (page) => {
  await tab(page, "Bias").click();
  await page.locator("bias-view").waitFor();
  await drop(page, ["a.png", "b.png"]);
  await panel(page, "Dataset").waitFor();
  await page.getByText(/^2 of 2 pictures of /).waitFor();
  assert.equal(await ownPictures(page), 0);
});

visit("pictures that are dropped on Share go into the demo", async (page) => {
  await tab(page, "Share").click();
  await drop(page, ["scene.png"]);
  await page.getByText("1 picture of yours").waitFor();
  assert.equal(await page.getByRole("checkbox", { name: /Show my 1 picture/ }).isChecked(), true);
  await panel(page, "Share").waitFor();
});

visit("a model that is dropped on any tab is told of under Model", async (page) => {
  for (const name of ["Dataset", "Share"]) {
    await tab(page, name).click();
    await drop(page, [{ name: "broken.gguf", text: "no model" }]);
    await panel(page, "Model").waitFor();
    await page.locator("model-view").getByRole("alert").filter({ hasText: "is still loaded" }).waitFor();
  }
});

visit("cells of a table, which come as text and as a picture, are pasted into a field as text", async (page) => {
  const prevented = await page.evaluate((clipboardData) => {
    clipboardData.setData("text/plain", "cat\ndog");
    const event = new ClipboardEvent("paste", { bubbles: true, cancelable: true });
    Object.defineProperty(event, "clipboardData", { value: clipboardData });
    document.querySelector("#labels")?.dispatchEvent(event);
    return event.defaultPrevented;
  }, await transferOf(page, ["cells.png"]));
  assert.equal(prevented, false);
  assert.equal(await ownPictures(page), 0);
});

visit("more files than the strip holds are said to be, and where they all fit", async (page) => {
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const transfer = new DataTransfer();
    for (let index = 0; index < 70; index++) transfer.items.add(new File([bytes], `${index}.png`, { type: "image/png" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, PICTURE);
  await page.getByText("Only the first 60 of 70 files are shown. The Dataset tab takes any number.").waitFor();
});

/** Whether each camera that was started is still on. @param {Page} page @returns {Promise<string[]>} */
const cameras = (page) => page.evaluate(() => Reflect.get(window, "tracks").map((/** @type {MediaStreamTrack} */ track) => track.readyState));
/** @param {Page} page @param {number} count that have been started */
const isOff = (page, count) =>
  page.waitForFunction((count) => {
    const tracks = /** @type {MediaStreamTrack[]} */ (Reflect.get(window, "tracks"));
    return tracks.length === count && tracks.every(({ readyState }) => readyState === "ended");
  }, count);
/** @param {Page} page */
async function startCamera(page) {
  await button(page, "Camera").click();
  await answered(page);
  assert.equal((await cameras(page)).at(-1), "live");
}

visit("the camera stops when its tab is left, and can be started again", async (page) => {
  await startCamera(page);
  const steps = await page.evaluate(() => history.length);
  await tab(page, "Model").click();
  await isOff(page, 1);
  assert.equal(await page.evaluate(() => history.length), steps + 1, "leaving is one step of the history");
  await page.evaluate(() => history.back());
  await panel(page, "Classify").waitFor();
  await page.getByText("The camera stopped because you left this view.").waitFor();
  await answered(page);
  await startCamera(page);
  assert.deepEqual(await cameras(page), ["ended", "live"]);
});

visit("the camera stops when the page is hidden", async (page) => {
  await startCamera(page);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { value: true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await isOff(page, 1);
});

visit("the camera stops when another picture is chosen, dropped or drawn", async (page) => {
  const ways = [
    () => page.locator(`[aria-label="Samples"] li:nth-child(2) button`).click(),
    () => drop(page, ["scene.png"]),
    () => button(page, "Draw").click(),
    () => button(page, "Camera").click(),
  ];
  for (const [index, way] of ways.entries()) {
    await startCamera(page);
    await way();
    await isOff(page, index + 1);
  }
});

visit("a camera that is allowed only after its tab was left does not start", async (page) => {
  await page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia;
    navigator.mediaDevices.getUserMedia = async (asked) => {
      await new Promise((resolve) => Reflect.set(window, "allow", resolve));
      return ask(asked);
    };
  });
  await button(page, "Camera").click();
  await tab(page, "Guide").click();
  await page.evaluate(() => Reflect.get(window, "allow")());
  await isOff(page, 1);
});

/** Firefox hands a track no event of a test's making. */
const whereEventsReach = browserName === "chromium" ? visit : () => {};

whereEventsReach("a camera that goes away by itself is told, and what was there comes back", async (page) => {
  await startCamera(page);
  await page.evaluate(() => {
    const [track] = Reflect.get(window, "tracks");
    track.dispatchEvent(new Event("ended"));
  });
  await page.getByRole("alert").filter({ hasText: "The camera has stopped" }).waitFor();
  await isOff(page, 1);
  await answered(page);
});

visit("what is said while something hangs over the page goes when it does, also where the browser does not tell", async (page) => {
  await tab(page, "Model").click();
  const dataTransfer = await transferOf(page, ["scene.png"]);
  await page.locator("h1").first().dispatchEvent("dragover", { dataTransfer });
  const hint = page.getByText("Drop a model to load it");
  await hint.waitFor();
  await hint.waitFor({ state: "hidden" });
});
