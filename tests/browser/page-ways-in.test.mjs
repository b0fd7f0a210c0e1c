// @ts-check
/** Every way a picture or a model gets into the page, and the buttons for it; addresses have `page-address.test.mjs`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { browserName } from "./launch.mjs";
import { FOLDER, answered, button, labels, openVisits } from "./visits.mjs";

/** @import { Page } from "playwright-core" */

const { visit } = openVisits();
const PICTURE = "tests/browser/pictures/scene.png";

/** A picture as a file of the page's own making. @param {Page} page @param {string} name */
async function fileIn(page, name) {
  const base64 = readFileSync(PICTURE).toString("base64");
  return page.evaluateHandle(
    ([text, called]) => new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], called, { type: "image/png" }),
    [base64, name],
  );
}

/** Waits for one of the visitor's pictures on the stage. @param {Page} page @param {string} name */
async function staged(page, name) {
  await page.locator(`picture-stage img[alt="Your picture ${name}"]`).waitFor();
  await answered(page);
}

visit("Open lets the visitor choose pictures", async (page) => {
  const choosing = page.waitForEvent("filechooser");
  await button(page, "Open").click();
  const chooser = await choosing;
  assert.equal(chooser.isMultiple(), true);
  await chooser.setFiles(PICTURE);
  await staged(page, "scene.png");
});

/**
 * Puts a picture into the clipboard. Firefox keeps none there while it has no window: what a script reads of the clipboard
 * and what a paste brings is put into its hands instead.
 *
 * @param {Page} page
 */
async function copy(page) {
  const file = await fileIn(page, "any.png");
  if (browserName === "chromium") {
    return page.evaluate((picture) => navigator.clipboard.write([new ClipboardItem({ "image/png": picture })]), file);
  }
  await page.evaluate((picture) => {
    const transfer = new DataTransfer();
    transfer.items.add(picture);
    const item = { types: ["image/png"], getType: async () => picture };
    Object.defineProperty(navigator.clipboard, "read", { value: async () => [item] });
    Object.defineProperty(ClipboardEvent.prototype, "clipboardData", { value: transfer });
  }, file);
}

/** Waits for a picture out of the clipboard. @param {Page} page */
async function pasted(page) {
  await page.getByRole("list", { name: "Your pictures" }).getByRole("button").first().waitFor();
  await answered(page);
}

visit("a picture is pasted anywhere on the page", async (page) => {
  await copy(page);
  await page.locator("h1").first().click();
  await page.keyboard.press("Control+V");
  await pasted(page);
});

visit("Paste takes the picture that is in the clipboard", async (page) => {
  await copy(page);
  await button(page, "Paste").click();
  await pasted(page);
});

visit("a picture is dropped anywhere on the page, and the stage says where it goes", async (page) => {
  const transfer = await page.evaluateHandle((picture) => {
    const data = new DataTransfer();
    data.items.add(picture);
    return data;
  }, await fileIn(page, "dropped.png"));
  await page.locator("body").dispatchEvent("dragover", { dataTransfer: transfer });
  await page.locator("picture-stage[data-dropping]").waitFor();
  await page.locator("body").dispatchEvent("drop", { dataTransfer: transfer });
  await staged(page, "dropped.png");
  assert.equal(await page.locator("picture-stage[data-dropping]").count(), 0);
});

visit("a text that is named as a picture is told in words, the bytes folded away", async (page) => {
  await page.getByLabel("Picture file").setInputFiles({ name: "notes.png", mimeType: "image/png", buffer: Buffer.from("notes") });
  const alert = page.locator(`[aria-label="Picture"]`).getByRole("alert");
  await alert.filter({ hasText: "damaged, or not an image" }).waitFor();
  assert.equal(await alert.getByText("first bytes").isVisible(), false);
  await alert.getByText("Details").click();
  assert.equal(await alert.getByText("first bytes").isVisible(), true);
  await page.getByText("This browser cannot display the file.").waitFor();
});

visit("a PDF document that is named as a picture is told to be one", async (page) => {
  await page.getByLabel("Picture file").setInputFiles({ name: "letter.jpg", mimeType: "image/jpeg", buffer: Buffer.from("%PDF-1.7\n") });
  const alert = page.locator(`[aria-label="Picture"]`).getByRole("alert");
  await alert.filter({ hasText: "This file is a PDF document, not a picture." }).waitFor();
  assert.doesNotMatch(await alert.innerText(), /Save the picture/);
});

visit("a camera that is refused says so, and gives back what was there", async (page) => {
  await page.locator(`[aria-label="Samples"] li:nth-child(4) button`).click();
  await answered(page);
  const before = await page.locator("picture-stage img").getAttribute("alt");
  await page.evaluate(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("", "NotAllowedError"));
  });
  await button(page, "Camera").click();
  await page.getByRole("alert").filter({ hasText: "This page has no permission to use the camera" }).waitFor();
  await answered(page);
  assert.equal(await page.locator("picture-stage img").getAttribute("alt"), before);
});

visit("the drawing pad has colours, widths, a way back and a clean sheet", async (page) => {
  await button(page, "Draw").click();
  const paper = page.getByRole("application");
  const drawn = () => paper.evaluate((canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
  const stroke = async () => {
    await paper.scrollIntoViewIfNeeded();
    await paper.click({ position: { x: 60, y: 80 } });
    return drawn();
  };
  const blank = await drawn();
  const black = await stroke();
  await page.keyboard.press("ControlOrMeta+z");
  assert.equal(await drawn(), blank);
  await page.getByRole("radio", { name: "Blue" }).check({ force: true });
  const blue = await stroke();
  assert.notEqual(blue, black);
  await page.getByRole("radio", { name: "Broad" }).check({ force: true });
  assert.notEqual(await stroke(), blue);
  await button(page, "Clear").click();
  assert.equal(await drawn(), blank);
});

visit("presets of labels and templates are there to begin with, and the sample's own come back", async (page) => {
  const first = await labels(page).inputValue();
  await button(page, "Sky").click();
  assert.match(await labels(page).inputValue(), /^sun\nmoon/);
  await button(page, "For this sample").click();
  assert.equal(await labels(page).inputValue(), first);
  const template = page.getByRole("textbox", { name: "Template" });
  const own = await template.inputValue();
  await button(page, "OpenAI’s seven templates").click();
  assert.equal((await template.inputValue()).split("\n").length, 7);
  await page.getByText("and 4 more").waitFor();
  await button(page, "The model’s default").click();
  assert.equal(await template.inputValue(), own);
  await answered(page);
});

visit("the skip link leads past the tabs", async (page) => {
  await page.getByRole("link", { name: "Skip to content" }).focus();
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
});

visit("a model is opened from disk by its button, and is in use from then on", async (page) => {
  await page.getByRole("tab", { name: "Model" }).click();
  const choosing = page.waitForEvent("filechooser");
  await button(page, "Open a file").click();
  await (await choosing).setFiles(`${FOLDER}/models/everyday-clip.gguf`);
  await button(page, "Use the built-in model").waitFor();
  await button(page, "Use the built-in model").click();
  await button(page, "Use the built-in model").waitFor({ state: "hidden" });
});
