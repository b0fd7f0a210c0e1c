// @ts-check
/**
 * A demo passed on: as one file that opens from disk, as a folder on another host, and by editing demo.json. Made in
 * Chromium, opened in the browser under test.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import { crc32 } from "node:zlib";
import { serve } from "../../tools/serve.mjs";
import { readDemo } from "../../www/state/demo.js";
import { launchChromium } from "./chromium.mjs";
import { launchBrowser } from "./launch.mjs";

/** @import { Browser, Page } from "playwright-core" */

const FOLDER = "target/browser-tests/page";
const MARKUP = "Things <b>& more</b>";

/** @type {string} */
let scratch;
/** @type {Browser} */
let browser;
/** @type {string[]} the scores on the page that was passed on */
let expected;

before(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), "clip-wasm-sharing-"));
  browser = await launchBrowser();
  await makeBoth();
});
after(async () => {
  await browser?.close();
  rmSync(scratch, { recursive: true });
});

/** Makes `demo.html` and `demo.zip` of a question about the sample of a pizza. */
async function makeBoth() {
  const site = await serve({ root: FOLDER });
  const chromium = await launchChromium();
  const page = await chromium.newPage();
  await page.goto(`${site.url}#label=pizza&label=car&label=tree&template={} in ink&sample=pizza.webp&mode=independent`);
  expected = await scores(page);
  await page.getByRole("tab", { name: "Share" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill(MARKUP);
  for (const [button, file] of [["Make one file", "demo.html"], ["Make a folder", "demo.zip"]]) {
    await page.getByRole("button", { name: button }).click();
    const save = page.getByRole("link", { name: /^Save [\d.]+ MB$/ });
    await save.waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), save.click()]);
    await download.saveAs(path.join(scratch, file));
  }
  await chromium.close();
  await site.close();
}

/** @param {Page} page @returns {Promise<string[]>} label and score in full precision, best first */
async function scores(page) {
  const rows = page.locator(`main[data-state="ready"] [aria-label="Scores"] li`);
  await rows.first().waitFor();
  return rows.evaluateAll((items) => items.map(({ dataset }) => `${dataset.label} ${dataset.score}`));
}

test("one file opens from disk and gives the very same scores, asking nobody", async () => {
  const page = await browser.newPage();
  /** @type {string[]} */
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(path.join(scratch, "demo.html")).href);
  assert.deepEqual(await scores(page), expected);
  assert.equal(await page.title(), MARKUP);
  assert.equal(await page.locator(".brand b").count(), 0, "a title is text, never markup");
  await page.getByRole("textbox", { name: "Labels" }).fill("pizza\nhat");
  await page.waitForFunction(() => document.querySelectorAll(`[aria-label="Scores"] li`).length === 2);
  assert.deepEqual(requests.filter((url) => !/^(file|blob|data):/.test(url)), []);
  await page.close();
});

test("a folder unpacks whole, and its page opens with the demo on another host", async () => {
  const root = path.join(scratch, "unpacked");
  for (const { name, content } of unzip(readFileSync(path.join(scratch, "demo.zip")))) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  const site = await serve({ root: path.join(root, "things-b-more-b"), mount: "/elsewhere/" });
  const page = await browser.newPage();
  await page.goto(site.url);
  assert.deepEqual(await scores(page), expected);
  assert.equal(await page.title(), MARKUP);
  await page.close();
  await site.close();
});

test("demo.json presets title, text, labels, templates, mode and samples", async () => {
  const { page, close } = await openWith({
    title: "Fruit",
    text: "Which one is it?",
    labels: ["banana", "pizza"],
    templates: ["{}", "a {}"],
    mode: "independent",
    samples: [{ file: "www/samples/bananas.webp", alt: "Bananas" }],
  });
  assert.deepEqual((await scores(page)).map((row) => row.split(" ")[0]).sort(), ["banana", "pizza"]);
  await page.getByText("Which one is it?").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Template" }).inputValue(), "{}\na {}");
  assert.equal(await page.getByRole("radio", { name: "Each on its own" }).isChecked(), true);
  assert.equal(await page.getByRole("list", { name: "Samples" }).getByRole("button").count(), 1);
  await close();
});

test("a demo.json that cannot be used is told, and the page works as it comes", async () => {
  const { page, close } = await openWith({ labels: "cat, dog" });
  await page.getByRole("alert").filter({ hasText: `"labels"` }).waitFor();
  assert.ok((await scores(page)).length >= 2);
  await close();
});

test("each field of demo.json is checked by its name", () => {
  for (const [said, named] of /** @type {[unknown, RegExp][]} */ ([
    [[], /expected an object/],
    [{ title: 1 }, /"title"/],
    [{ labels: ["a", 2] }, /entry 2 of "labels"/],
    [{ mode: "loudest" }, /"loudest"/],
    [{ samples: [{ alt: "x" }] }, /sample 1 has no "file"/],
    [{ samples: [{ file: "x", labels: {} }] }, /"labels" of sample 1/],
  ]))
    assert.throws(() => readDemo(said), named);
});

/** Opens a copy of the page with another demo.json. @param {unknown} demo */
async function openWith(demo) {
  const overlay = mkdtempSync(path.join(scratch, "demo-"));
  writeFileSync(path.join(overlay, "demo.json"), JSON.stringify(demo));
  const site = await serve({ root: FOLDER, overlay });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(site.url);
  return {
    page,
    close: async () => {
      await context.close();
      await site.close();
    },
  };
}

/**
 * Reads a ZIP file without compression by its central directory, and checks what that says of each file.
 * @param {Buffer} archive
 * @returns {{ name: string, content: Buffer }[]}
 */
function unzip(archive) {
  const end = archive.length - 22;
  assert.equal(archive.readUInt32LE(end), 0x06054b50);
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    assert.equal(archive.readUInt32LE(at), 0x02014b50);
    const [crc, bytes, nameBytes, local] = [
      archive.readUInt32LE(at + 16),
      archive.readUInt32LE(at + 24),
      archive.readUInt16LE(at + 28),
      archive.readUInt32LE(at + 42),
    ];
    const name = archive.toString("utf8", at + 46, at + 46 + nameBytes);
    assert.equal(archive.readUInt32LE(local), 0x04034b50, name);
    const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const content = archive.subarray(begin, begin + bytes);
    assert.equal(crc32(content), crc, name);
    at += 46 + nameBytes;
    return { name, content };
  });
}
