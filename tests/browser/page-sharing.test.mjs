// @ts-check
/**
 * A demo passed on: as one file that opens from disk, as a folder on another host, and by editing demo.json. Made in
 * Chromium, of the folder for static hosts and of the sources as `./build.sh serve` shows them; opened in the browser under
 * test.
 */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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
/** What a demo is made from: what it is called here, and its folder. */
const PAGES = /** @type {const} */ ([["dist", FOLDER], ["serve", "."]]);
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
  for (const [name, folder] of PAGES) await makeBoth(name, folder);
});
after(async () => {
  await browser?.close();
  rmSync(scratch, { recursive: true });
});

/** Makes `NAME.html` and `NAME.zip` of a question about the sample of a pizza. @param {string} name @param {string} folder */
async function makeBoth(name, folder) {
  const site = await serve({ root: folder });
  const chromium = await launchChromium();
  const context = await chromium.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(`${site.url}#label=pizza&label=car&label=tree&template={} in ink&sample=pizza.webp&mode=independent`);
  expected = await scores(page);
  await page.getByRole("tab", { name: "Share" }).click();
  await page.getByRole("textbox", { name: "Title" }).fill(MARKUP);
  for (const [button, file] of [["Make one file", `${name}.html`], ["Make a folder", `${name}.zip`]]) {
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

for (const [name] of PAGES) test(`one file made from ${name} opens from disk and gives the very same scores, asking nobody`, async () => {
  const page = await browser.newPage();
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`${error}`));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  /** @type {string[]} */
  const requests = [];
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(path.join(scratch, `${name}.html`)).href);
  assert.deepEqual(await scores(page), expected);
  assert.equal(await page.title(), MARKUP);
  assert.equal(await page.locator(".brand b").count(), 0, "a title is text, never markup");
  await page.getByRole("textbox", { name: "Labels" }).fill("pizza\nhat");
  await page.waitForFunction(() => document.querySelectorAll(`[aria-label="Scores"] li`).length === 2);
  for (const tab of ["Model", "Share", "Guide"]) {
    await page.getByRole("tab", { name: tab }).click();
    await page.getByRole("tabpanel", { name: tab }).waitFor();
  }
  await page.getByRole("tab", { name: "Model" }).click();
  await page.getByText("matches the published hash").waitFor({ state: "attached" });
  await page.getByLabel("Model file").setInputFiles(`${FOLDER}/models/everyday-clip.gguf`);
  await page.getByRole("button", { name: "Use the built-in model" }).waitFor();
  const checkpoint = readdirSync("tests/golden/models/gelu").map((file) => `tests/golden/models/gelu/${file}`);
  await page.getByLabel("Model file").setInputFiles(checkpoint);
  await page.waitForFunction(() => document.querySelector("#model-line strong")?.textContent === "files");
  assert.deepEqual(requests.filter((url) => !/^(file|blob|data):/.test(url)), []);
  assert.deepEqual(complaints, []);
  await page.close();
});

for (const [from] of PAGES) test(`a folder made from ${from} unpacks whole, and its page opens with the demo on another host`, async () => {
  const root = path.join(scratch, `unpacked-${from}`);
  for (const { name, content } of unzip(readFileSync(path.join(scratch, `${from}.zip`)))) {
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

test("a file that was made stays while what it holds does", async () => {
  const site = await serve({ root: FOLDER });
  const page = await browser.newPage();
  await page.goto(`${site.url}#label=pizza&label=hat&sample=pizza.webp`);
  await scores(page);
  await page.getByRole("tab", { name: "Share" }).click();
  await page.getByRole("button", { name: "Make a folder" }).click();
  const made = page.getByRole("link", { name: /^Save/ });
  await made.waitFor();
  const edit = (/** @type {string} */ from, /** @type {string} */ to) =>
    page.evaluate(([one, other]) => {
      const followed = new Promise((resolve) => addEventListener("hashchange", () => setTimeout(resolve), { once: true }));
      location.hash = location.hash.replace(one, other);
      return followed;
    }, [from, to]);
  await edit("pizza.webp", "cat.webp");
  assert.equal(await made.count(), 1, "another sample is chosen, which the demo holds either way");
  await edit("label=hat", "label=bag");
  assert.equal(await made.count(), 0, "the demo would hold another label");
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
  assert.equal(await page.getByRole("radio", { name: "Score each label independently" }).isChecked(), true);
  assert.equal(await page.getByRole("list", { name: "Samples" }).getByRole("button").count(), 1);
  await close();
});

test("a sample whose file has a % in its name is shown", async () => {
  const { page, close } = await openWith({ labels: ["pizza", "car"], samples: [{ file: "pictures/100%.webp", alt: "All of it" }] }, (folder) => {
    mkdirSync(path.join(folder, "pictures"));
    cpSync("www/samples/pizza.webp", path.join(folder, "pictures/100%.webp"));
  });
  assert.match((await scores(page))[0], /^pizza/);
  await close();
});

test("a demo whose model lies beside it can be passed on with that model", async () => {
  const model = "models/own.gguf";
  const { page, close } = await openWith({ model, labels: ["pizza", "car"] }, (folder) => {
    mkdirSync(path.join(folder, "models"));
    cpSync(`${FOLDER}/models/everyday-clip.gguf`, path.join(folder, model));
  });
  await scores(page);
  await page.getByRole("tab", { name: "Share" }).click();
  await page.getByRole("button", { name: "Make one file" }).click();
  await page.getByRole("link", { name: /^Save [\d.]+ MB$/ }).waitFor();
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

/** Opens a copy of the page with another demo.json, and files beside it. @param {unknown} demo @param {(folder: string) => void} [fill] */
async function openWith(demo, fill) {
  const overlay = mkdtempSync(path.join(scratch, "demo-"));
  writeFileSync(path.join(overlay, "demo.json"), JSON.stringify(demo));
  fill?.(overlay);
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
