// @ts-check
/**
 * The research bench as a researcher meets it: the bundled drawings through Dataset, Robustness and Bias, and the same numbers
 * from the command line. The tests follow each other and share the page.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { launchBrowser } from "./launch.mjs";

const FOLDER = "target/browser-tests/page";
const CLI = "target/release/clip-wasm";
const DATA = "datasets/drawings";
/** How long the page may take over a run, in milliseconds, on a machine that has other things to do. */
const PATIENCE = 180_000;

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {string[]} what the page complains about by itself */
const complaints = [];

before(async () => {
  assert.ok(existsSync(FOLDER), `${FOLDER} is missing: ./build.sh test makes it`);
  site = await serve({ root: FOLDER });
  browser = await launchBrowser();
  page = await (await browser.newContext({ acceptDownloads: true })).newPage();
  page.on("pageerror", (error) => complaints.push(`${error}`));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.setDefaultTimeout(PATIENCE);
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** @param {string} tab */
async function open(tab) {
  await page.getByRole("tab", { name: tab }).click();
}

/** @param {string} view a tag */
async function settled(view) {
  await page.locator(`${view}[data-state="ready"]`).waitFor();
}

/**
 * The JSON that a button inside a view saves. It is caught on its way into the file, because not every browser tells a test of
 * its downloads.
 *
 * @param {string} view
 * @returns {Promise<any>}
 */
async function saved(view) {
  await page.evaluate(() => {
    const original = URL.createObjectURL;
    const text = new Promise((resolve) => {
      URL.createObjectURL = (/** @type {Blob} */ blob) => {
        resolve(blob.text());
        URL.createObjectURL = original;
        return original.call(URL, blob);
      };
    });
    Reflect.set(window, "saved", text);
  });
  await page.locator(view).getByRole("button", { name: "Save JSON" }).click();
  const text = await page.evaluate(() => Reflect.get(window, "saved"));
  return JSON.parse(text);
}

/** @param {...string} args of the command line @returns {any} */
function commandLine(...args) {
  return JSON.parse(execFileSync(CLI, [...args, "--json"], { encoding: "utf8", maxBuffer: 1 << 26 }));
}

test("the bench costs nothing before its tab is opened", async () => {
  /** @type {string[]} */
  const asked = [];
  const listen = (/** @type {import("playwright-core").Request} */ request) => asked.push(request.url());
  page.on("request", listen);
  await page.goto(site.url);
  await page.locator(`main[data-state="ready"]`).waitFor();
  page.off("request", listen);
  const early = asked.filter((address) => /bench-host|dataset-view|research\.css|datasets\//.test(address));
  assert.deepEqual(early, []);
});

test("a run that is stopped goes on, and gives the command line's numbers to the last digit", async () => {
  await open("Dataset");
  const view = page.locator("dataset-view");
  await view.getByRole("button", { name: "Try the 276 drawings" }).click();
  await view.getByText(/^[2-9]\d of 276,/).waitFor();
  const asked = Date.now();
  await view.getByRole("button", { name: "Stop" }).click();
  await view.getByText("Stopped. What was done is kept.").waitFor();
  const stopped = Date.now() - asked;
  await settled("dataset-view");
  await view.getByRole("button", { name: "Go on" }).click();
  await view.getByText("276 of 276 pictures").waitFor();
  await page.waitForFunction(() => document.querySelectorAll("dataset-view .confusion tbody tr").length === 24);
  await settled("dataset-view");
  const ours = await saved("dataset-view");
  const theirs = commandLine("eval", DATA);
  assert.ok(stopped < 1000, `it took ${stopped} ms to stop`);
  for (const key of ["acc1", "acc5", "mean_per_class_recall", "intervals", "per_class", "confusion", "calibration", "predictions"]) {
    assert.deepEqual(ours[key], theirs[key], key);
  }
  assert.equal(ours.weights_sha256, theirs.weights_sha256);
});

test("a reload keeps the embeddings", async () => {
  await page.reload();
  await page.locator(`main[data-state="ready"]`).waitFor();
  const begun = Date.now();
  await page.locator("dataset-view").getByRole("button", { name: "Try the 276 drawings" }).click();
  await page.locator("dataset-view").getByText("276 of 276 pictures").waitFor();
  await settled("dataset-view");
  assert.ok(Date.now() - begun < 15_000, "nothing is embedded again");
});

test("a cell of the confusion matrix shows its pictures, and a held run is compared", async () => {
  const view = page.locator("dataset-view");
  await view.locator(".confusion .cell.wrong").first().click();
  assert.ok((await view.locator("picture-row li").count()) > 0);
  await view.getByRole("button", { name: "Hold this to compare" }).click();
  await view.getByLabel("Templates of the data").fill("{}");
  await view.getByText("McNemar’s exact p").first().waitFor();
});

test("robustness equals the command line's", async () => {
  await open("Robustness");
  const view = page.locator("robustness-view");
  await view.getByLabel("Pictures of each label").fill("1");
  for (const family of ["blur", "weather", "digital"]) await view.getByLabel(family).uncheck();
  await view.getByRole("button", { name: "Measure" }).click();
  await settled("robustness-view");
  const ours = await saved("robustness-view");
  const noise = ["gaussian", "shot", "impulse", "speckle"].flatMap((name) => ["--corruption", `${name}_noise`]);
  const theirs = commandLine("robustness", DATA, "--limit", "1", ...noise);
  for (const key of ["images", "clean", "cells", "corruptions", "retention", "mean_corruption_error"]) {
    assert.deepEqual(ours[key], theirs[key], key);
  }
  await view.getByRole("button", { name: "Show" }).click();
  await view.locator(".picture-row canvas").nth(4).waitFor();
});

test("bias equals the command line's", async () => {
  await open("Bias");
  const view = page.locator("bias-view");
  await view.getByLabel("Labels that are scored").fill("cat\nrabbit\ncar");
  await view.getByRole("button", { name: "Compare the groups" }).click();
  await settled("bias-view");
  const ours = await saved("bias-view");
  const theirs = commandLine("bias", `${DATA}/by-hand.csv`, "--label", "cat", "--label", "rabbit", "--label", "car");
  for (const key of ["groups", "differences"]) assert.deepEqual(ours[key], theirs[key], key);
});

test("broken pictures, a class of one, markup in a label and an empty folder each get a clear word", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  execFileSync("mkdir", ["-p", path.join(folder, "a<b>bold"), path.join(folder, "cat")]);
  for (const name of ["twemoji-1", "doodle-1"]) {
    execFileSync("cp", [`${DATA}/cat/${name}.png`, path.join(folder, "cat")]);
  }
  execFileSync("cp", [`${DATA}/car/noto-1.png`, path.join(folder, "a<b>bold")]);
  writeFileSync(path.join(folder, "cat", "broken.png"), "no picture");
  await open("Dataset");
  const view = page.locator("dataset-view");
  await view.getByLabel("Data folder").setInputFiles(folder);
  await view.getByText("3 of 4 pictures").waitFor();
  await view.getByText(/broken\.png: /).waitFor();
  await settled("dataset-view");
  assert.equal(await view.locator(".confusion b").count(), 0, "a label is text");
  const empty = mkdtempSync(path.join(tmpdir(), "bench-"));
  writeFileSync(path.join(empty, "notes.txt"), "nothing");
  await view.getByLabel("Data folder").setInputFiles(empty);
  await view.getByText("There are no pictures in it.").waitFor();
});

test("nothing was complained about", () => {
  assert.deepEqual(complaints, []);
});
