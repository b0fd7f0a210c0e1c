// @ts-check
/** What tests of the research tabs share: visits that begin at Dataset, files that are saved, and the command line. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { giveFiles } from "./give-files.mjs";
import { launchBrowser } from "./launch.mjs";
import { shown } from "./research-screen.mjs";

/** @import { Page } from "playwright-core" */
/** @import { TestContext } from "node:test" */
/** @typedef {Record<string, Buffer | string>} Tree paths inside a folder, and what the files hold */

const FOLDER = "target/browser-tests/page";
export const CLI = path.resolve("target/release/clip-wasm");
export const DATA = "datasets/drawings";
/** How long the page may take over a run, in milliseconds, on a machine that has other things to do. */
const PATIENCE = 120_000;

/** Opens the page for all tests of a file. */
export function openResearch() {
  /** @type {{ url: string, close: () => Promise<void> }} */
  let site;
  /** @type {import("playwright-core").Browser} */
  let browser;
  /** @type {string[]} */
  const folders = [];
  before(async () => {
    assert.ok(existsSync(FOLDER), `${FOLDER} is missing: ./build.sh test makes it`);
    site = await serve({ root: FOLDER });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await site?.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });
  return {
    /** A folder of its own, removed at the end. */
    scratch() {
      const folder = mkdtempSync(path.join(tmpdir(), "research-"));
      folders.push(folder);
      return folder;
    },
    /**
     * A visitor of their own; gives what opens a page of theirs at Dataset. Nothing may be complained about.
     * @param {TestContext} t
     */
    async visitor(t) {
      const context = await browser.newContext({ serviceWorkers: "block" });
      /** @type {string[]} */
      const complaints = [];
      t.after(async () => {
        await context.close();
        assert.deepEqual(complaints, []);
      });
      return async () => {
        const page = await context.newPage();
        page.on("pageerror", (error) => complaints.push(`${error}`));
        page.setDefaultTimeout(PATIENCE);
        await page.goto(site.url);
        await page.locator(`main[data-state="ready"]`).waitFor();
        await open(page, "Dataset");
        await page.getByRole("button", { name: "Try the 276 drawings" }).waitFor();
        return page;
      };
    },
  };
}

/** @param {Page} page @param {string} tab */
export async function open(page, tab) {
  await page.getByRole("tab", { name: tab }).click();
}

/** A drawing's bytes. @param {string} name */
export const drawing = (name) => readFileSync(path.join(DATA, name));

/** Writes files below a folder. @param {string} folder @param {Tree} tree */
export function put(folder, tree) {
  for (const [name, content] of Object.entries(tree)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
}

/**
 * Gives the page files and waits until all that could be read are measured.
 *
 * @param {Page} page
 * @param {Tree} tree
 * @param {"Data folder" | "Data files"} [field]
 */
export async function give(page, tree, field = "Data folder") {
  await giveOnly(page, tree, field);
  await measured(page);
}

/** The same, without the wait. @param {Page} page @param {Tree} tree @param {"Data folder" | "Data files"} [field] */
export async function giveOnly(page, tree, field = "Data folder") {
  // What was measured before is no sign of what is measured next.
  await page.locator("dataset-view").evaluate((view) => delete (/** @type {HTMLElement} */ (view).dataset.state));
  const files = Object.entries(tree).map(([name, content]) => ({ path: name, bytes: [...Buffer.from(content)] }));
  await giveFiles(page, files, field);
}

/** @param {Page} page */
export const measured = (page) => page.locator(`dataset-view[data-state="ready"]`).waitFor();

/** Fills a field of Dataset and waits for the new result. @param {Page} page @param {string} label @param {string} text */
export async function ask(page, label, text) {
  const field = page.locator("dataset-view").getByLabel(label, { exact: true });
  await page.locator("dataset-view").evaluate((view) => (/** @type {HTMLElement} */ (view).dataset.state = ""));
  await fill(field, text);
  await measured(page);
}

/** Firefox's driver adds to a field where it should replace it. @param {import("playwright-core").Locator} field @param {string} text */
export async function fill(field, text) {
  await field.evaluate((input, text) => {
    Reflect.set(input, "value", text);
    input.dispatchEvent(new InputEvent("input", { bubbles: true }));
  }, text);
}

/**
 * The files that the page would save meanwhile, by their names. They are caught on their way: not every browser tells a test of
 * its downloads.
 *
 * @param {Page} page
 * @param {() => Promise<void>} act
 * @param {number} [count] how many are waited for
 * @returns {Promise<Record<string, string>>}
 */
export async function saves(page, act, count = 1) {
  await page.evaluate(() => {
    /** @type {Map<string, Blob>} */
    const blobs = new Map();
    /** @type {Record<string, Promise<string>>} */
    const files = {};
    const [make, click] = [URL.createObjectURL, HTMLAnchorElement.prototype.click];
    URL.createObjectURL = (/** @type {Blob} */ blob) => {
      const address = make.call(URL, blob);
      blobs.set(address, blob);
      return address;
    };
    HTMLAnchorElement.prototype.click = function () {
      const blob = blobs.get(this.href);
      // Bytes as text, a letter each.
      const isBinary = blob?.type === "application/octet-stream";
      if (this.download && blob) files[this.download] = isBinary ? blob.arrayBuffer().then((bytes) => new TextDecoder("x-user-defined").decode(bytes)) : blob.text();
    };
    Reflect.set(window, "caught", { files, end: () => ((URL.createObjectURL = make), (HTMLAnchorElement.prototype.click = click)) });
  });
  await act();
  await page.waitForFunction((count) => Object.keys(Reflect.get(window, "caught").files).length >= count, count);
  return page.evaluate(async () => {
    const { files, end } = Reflect.get(window, "caught");
    end();
    return Object.fromEntries(await Promise.all(Object.entries(files).map(async ([name, text]) => [name, await text])));
  });
}

/** The JSON that a button saves. @param {Page} page @param {string} view a tag @param {string} [button] @returns {Promise<any>} */
export async function savedJson(page, view, button = "Save JSON") {
  const files = await saves(page, () => page.locator(view).getByRole("button", { name: button, exact: true }).click());
  const [text] = Object.values(files);
  return JSON.parse(text);
}

/** What the command line prints as JSON, run in `folder`. @param {string} folder @param {...string} args @returns {any} */
export function commandLine(folder, ...args) {
  return JSON.parse(execFileSync(CLI, [...args, "--json"], { encoding: "utf8", maxBuffer: 1 << 28, cwd: folder, stdio: ["ignore", "pipe", "ignore"] }));
}

/** Options of the command line for a list. @param {string} option @param {string[]} values */
export const each = (option, values) => values.flatMap((value) => [option, value]);

/** The first figure of Dataset. @param {Page} page */
export const accuracy = (page) => page.locator("dataset-view fact-list dd").first().textContent();

/** The accuracy of the command line, as the page shows it. @param {any} evaluation */
export function accuracyOf({ acc1, intervals, images }) {
  return shown({ value: acc1, low: intervals.acc1[0], high: intervals.acc1[1], n: images });
}

/** The embedded model with weights of another type, as a file. @param {string} folder @param {string} dtype */
export function quantized(folder, dtype) {
  const file = path.join(folder, `${dtype}.gguf`);
  execFileSync(CLI, ["quantize", path.resolve("models/everyday-clip.gguf"), "--dtype", dtype, "-o", file], { stdio: "ignore" });
  return file;
}

/** Loads a model's file, and comes back. @param {Page} page @param {string} file @param {string} tab to come back to */
export async function loadModel(page, file, tab) {
  await open(page, "Model");
  await page.getByLabel("Model file").setInputFiles(file);
  await page.getByRole("button", { name: "Use the built-in model" }).waitFor();
  await page.locator(`main[data-state="ready"]`).waitFor();
  await open(page, tab);
}
