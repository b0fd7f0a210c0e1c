// @ts-check
/** What can go wrong with a data set: each gets a clear word, and nothing that was finished is lost. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { giveFiles } from "./give-files.mjs";
import { launchBrowser } from "./launch.mjs";
import { stopAtFirstPictures } from "./stop-run.mjs";

const FOLDER = "target/browser-tests/page";
const DATA = "datasets/drawings";
const PATIENCE = 60_000;

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  site = await serve({ root: FOLDER });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** @param {import("node:test").TestContext} t */
async function visitor(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  return async () => {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    await page.goto(site.url);
    await page.locator(`main[data-state="ready"]`).waitFor();
    await page.getByRole("tab", { name: "Dataset" }).click();
    await page.getByRole("button", { name: "Try the 276 drawings" }).waitFor();
    return page;
  };
}

/** @param {import("playwright-core").Page} page */
const measured = (page) => page.locator(`dataset-view[data-state="ready"]`).waitFor();

/** @param {import("playwright-core").Page} page */
const acc1 = (page) => page.locator("dataset-view fact-list dd").first().textContent();

/** The accuracy of the command line, worded as the page does. */
function theirs() {
  const { acc1, intervals } = JSON.parse(execFileSync("target/release/clip-wasm", ["eval", DATA, "--json"], { encoding: "utf8" }));
  const [value, low, high] = [acc1, ...intervals.acc1].map((share) => (share * 100).toFixed(1));
  return `${value} % (${low} to ${high}) n = 276`;
}

test("a folder with everything wrong is measured, and every picture left out is named with its reason", async (t) => {
  const page = await (await visitor(t))();
  const cats = Array.from({ length: 38 }, (_, index) => ({ path: `data/cat/${index}.png`, from: `${DATA}/cat/noto-1.png` }));
  await giveFiles(page, [
    ...cats,
    { path: "data/cat/broken.png", text: "no picture" },
    { path: "data/cat/cut.png", bytes: [137, 80, 78, 71, 13, 10, 26, 10, 0, 0] },
    { path: "data/cat/0.png", from: `${DATA}/cat/noto-1.png` },
    { path: "data/a single one/1.png", from: `${DATA}/car/noto-1.png` },
    { path: "data/<img src=x onerror=alert(1)>/1.png", from: `${DATA}/car/noto-1.png` },
    { path: "data/empty/notes.txt", text: "nothing yet" },
    { path: "data/stray.png", from: `${DATA}/car/noto-1.png` },
  ]);
  await page.getByText("41 of 43 pictures of data").waitFor();
  await measured(page);
  await page.getByText("4 skipped").waitFor();
  for (const words of [
    /cat\/broken\.png: cannot decode/,
    /cat\/cut\.png: cannot decode/,
    "empty/: it holds no pictures, so it is no class",
    "stray.png: it is not in the folder of a class",
  ])
    await page.getByRole("listitem").filter({ hasText: words }).waitFor();
  const labels = await page.getByLabel("Class labels").inputValue();
  assert.deepEqual(labels.split("\n"), ["<img src=x onerror=alert(1)>", "a single one", "cat"]);
  assert.equal(await page.locator("dataset-view .tables img[src=x]").count(), 0, "a label is text");
  assert.equal(await page.getByRole("table", { name: "Each label" }).getByRole("row", { name: /^empty/ }).count(), 0, "a folder without pictures is no class");
});

test("a folder without pictures, and one without files, say so", async (t) => {
  const page = await (await visitor(t))();
  const alert = page.getByText("It contains no pictures.");
  await giveFiles(page, []);
  await alert.waitFor();
  await giveFiles(page, [{ path: "data/notes.txt", text: "nothing" }]);
  await alert.waitFor();
});

test("ten thousand labels are measured, and the page shows what can be read", async (t) => {
  const page = await (await visitor(t))();
  const cars = ["noto-1", "twemoji-1"].map((name) => ({ path: `data/car/${name}.png`, from: `${DATA}/car/${name}.png` }));
  await giveFiles(page, cars);
  await page.getByText("2 of 2 pictures").waitFor();
  await measured(page);
  const labels = Array.from({ length: 9999 }, (_, index) => `thing ${index}`);
  await page.getByLabel("Class labels").evaluate((field, text) => {
    Reflect.set(field, "value", text);
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, ["car", ...labels].join("\n"));
  await page.locator(`dataset-view[data-state="working"]`).waitFor();
  await measured(page);
  await page.getByText("the first 200 of 10,000").first().waitFor();
  assert.match((await acc1(page)) ?? "", /^\d+\.\d %/);
});

test("a tab closed twice loses nothing that was kept, and the end is the same", async (t) => {
  const visit = await visitor(t);
  let before = 0;
  for (const _ of [1, 2]) {
    const page = await visit();
    await page.getByRole("button", { name: "Try the 276 drawings" }).click();
    const more = (/** @type {number} */ before) => Number.parseInt(document.querySelector(".data-title")?.textContent ?? "") >= before;
    await page.waitForFunction(more, before);
    await page.waitForTimeout(1700);
    before = 1;
    await page.close();
  }
  const page = await visit();
  await page.getByRole("button", { name: "Try the 276 drawings" }).click();
  await page.getByText("276 of 276 pictures").waitFor();
  await measured(page);
  assert.equal(await acc1(page), theirs());
});

test("storage that fills up half-way is told, the run goes on, and what was kept before is there again", async (t) => {
  const visit = await visitor(t);
  const page = await visit();
  const stopping = page.evaluate(stopAtFirstPictures);
  await page.getByRole("button", { name: "Try the 276 drawings" }).click();
  await stopping;
  await measured(page);
  await page.evaluate(() => {
    FileSystemFileHandle.prototype.createWritable = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
  });
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("276 of 276 pictures").waitFor();
  await page.getByText("There is no space to store the embeddings").waitFor();
  await page.waitForFunction(() => document.querySelectorAll("dataset-view .confusion tbody tr").length === 24);
  await measured(page);
  assert.equal(await acc1(page), theirs());
  await page.close();
  const again = await visit();
  await again.getByRole("button", { name: "Try the 276 drawings" }).click();
  await again.getByText("276 of 276 pictures").waitFor();
  await measured(again);
  assert.equal(await acc1(again), theirs());
});
