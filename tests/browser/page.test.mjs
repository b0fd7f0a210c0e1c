// @ts-check
/**
 * The page as a visitor meets it, from the folder that `./build.sh dist` makes, below a path as on a project host: one
 * visit from the first paint to the reload without a network. The tests follow each other and share the page.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { serve } from "../../tools/serve.mjs";
import { launchBrowser } from "./launch.mjs";

const FOLDER = "target/browser-tests/page";
const CLI = "target/release/clip-wasm";
/** How long the page may take over an answer, in milliseconds, on a machine that has other things to do. */
const PATIENCE = 20_000;
const PICTURE = "tests/browser/pictures/scene.png";

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {string[]} addresses of all requests, the workers' too */
const requests = [];
/** @type {string[]} what the page complains about by itself */
const complaints = [];

before(async () => {
  assert.ok(existsSync(FOLDER), `${FOLDER} is missing: ./build.sh test makes it`);
  site = await serve({ root: FOLDER, mount: "/a/demo/" });
  browser = await launchBrowser();
  const context = await browser.newContext();
  context.on("request", (request) => requests.push(request.url()));
  page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`${error}`));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** @typedef {{ label: string, score: number }[]} Scores */

/**
 * The scores on the page, best first, once they are the newest and `wanted` holds of them.
 * @param {(scores: Scores) => boolean} [wanted]
 * @returns {Promise<Scores>} the last seen if that never comes
 */
async function scores(wanted = ({ length }) => length > 0) {
  const rows = page.locator(`main[data-state="ready"] [aria-label="Scores"] li[data-label]`);
  /** @type {Scores} */
  let seen = [];
  for (const end = Date.now() + PATIENCE; Date.now() < end; await page.waitForTimeout(20)) {
    seen = await rows.evaluateAll((items) =>
      items.map(({ dataset }) => ({ label: dataset.label ?? "", score: Number(dataset.score) })),
    );
    if (wanted(seen)) break;
  }
  return seen;
}

/** Waits for scores of just these labels. @param {string[]} labels */
async function scoresOf(labels) {
  const wanted = [...labels].sort();
  const sorted = (/** @type {Scores} */ seen) => seen.map(({ label }) => label).sort();
  assert.deepEqual(sorted(await scores((seen) => isDeepStrictEqual(sorted(seen), wanted))), wanted);
}

/** Drops a file on the stage. @param {string} name @param {Buffer} bytes @param {string} type */
async function drop(name, bytes, type) {
  const transfer = await page.evaluateHandle(
    ([name, base64, type]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name, { type }));
      return transfer;
    },
    [name, bytes.toString("base64"), type],
  );
  await page.locator("picture-stage").dispatchEvent("drop", { dataTransfer: transfer });
}

const labels = () => page.getByRole("textbox", { name: "Labels" });
const template = () => page.getByRole("textbox", { name: "Template" });
/** @param {string} place a selector */
const alertIn = (place) => page.locator(place).getByRole("alert").filter({ visible: true });

test("the page opens with a sample that is already classified", async (t) => {
  const begun = performance.now();
  await page.goto(site.url);
  const shown = await scores();
  t.diagnostic(`first result after ${Math.round(performance.now() - begun)} ms`);
  assert.ok(shown.length >= 2);
  assert.ok(shown[0].score >= shown[1].score);
});

test("a label that is typed gets its score", async () => {
  await labels().fill("smiley\nhouse\ntree");
  await scoresOf(["smiley", "house", "tree"]);
  await labels().press("End");
  await labels().pressSequentially("\nred heart");
  await scoresOf(["smiley", "house", "tree", "red heart"]);
});

test("a picture that is dropped gets the very scores of the command line", async () => {
  await template().fill("a drawing of a {}.");
  await drop("scene.png", readFileSync(PICTURE), "image/png");

  const words = ["--labels", "smiley,house,tree,red heart", "--template", "a drawing of a {}.", PICTURE];
  const model = `${FOLDER}/models/everyday-clip.gguf`;
  const [native] = JSON.parse(
    execFileSync(CLI, ["classify", "--json", "--model", model, ...words], { encoding: "utf8" }),
  );
  const plain = (/** @type {Scores} */ all) => all.map(({ label, score }) => [label, Math.fround(score)]);
  const expected = plain(native.scores);
  assert.deepEqual(plain(await scores((seen) => isDeepStrictEqual(plain(seen), expected))), expected);
});

test("a file that is no picture is refused beside the picture, and the page goes on", async () => {
  await drop("notes.png", Buffer.from("these are notes"), "image/png");
  await alertIn(`[aria-label="Picture"]`).waitFor();
  await drop("scene.png", readFileSync(PICTURE), "image/png");
  await scoresOf(["smiley", "house", "tree", "red heart"]);
  assert.equal(await alertIn(`[aria-label="Picture"]`).count(), 0);
});

test("a template without a place for the label is refused beside it, and the page goes on", async () => {
  await template().fill("a drawing");
  assert.match(await alertIn("template-editor").innerText(), /\{\}/);
  await template().fill("{} in ink");
  await scoresOf(["smiley", "house", "tree", "red heart"]);
  assert.equal(await alertIn("template-editor").count(), 0);
});

test("no labels at all are remarked on beside them, and the page goes on", async () => {
  await labels().fill("");
  await alertIn("label-editor").waitFor();
  await labels().fill("sun\nmoon");
  await scoresOf(["sun", "moon"]);
});

test("a damaged model file is refused beside the models, and the one before it goes on", async () => {
  const whole = readFileSync(`${FOLDER}/models/everyday-clip.gguf`);
  await drop("half.gguf", whole.subarray(0, whole.length / 2), "");
  assert.match(await alertIn("model-view").innerText(), /truncated/);
  await drop("page.gguf", Buffer.from("<!doctype html><title>Not found</title>"), "");
  await alertIn("model-view").filter({ hasText: "GGUF" }).waitFor();
  await page.getByRole("tab", { name: "Classify" }).click();
  await labels().fill("sun\nmoon\nstars");
  await scoresOf(["sun", "moon", "stars"]);
});

test("markup in a label or a file name stays text", async () => {
  const markup = `<img src=x onerror="document.title='injected'">`;
  await labels().fill(`${markup}\nsun`);
  await drop(`${markup}.png`, readFileSync(PICTURE), "image/png");
  await scoresOf([markup, "sun"]);
  assert.notEqual(await page.title(), "injected");
});

test("the page reloads without a network and classifies", async () => {
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await site.close();
  await page.reload();
  assert.ok((await scores()).length >= 2);
});

test("nothing was asked of any other origin, and nothing complained", () => {
  const { origin } = new URL(site.url);
  const foreign = requests.filter((url) => !url.startsWith(`${origin}/`) && !/^(blob|data):/.test(url));
  assert.deepEqual(foreign, []);
  assert.deepEqual(complaints, []);
});
