// @ts-check
/** The Model tab: verifying, other models from a hub and from disk, what is kept, and what goes wrong on the way. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { DRAWINGS, EMBEDDED } from "./embedded.mjs";
import { serveHub } from "./hub.mjs";
import { launchBrowser } from "./launch.mjs";

const FOLDER = "target/browser-tests/page";
const REPO = "someone/tiny";
const CHECKPOINT = "tests/golden/models/gelu";
/** The same with a config of more than any memory holds. */
const HUGE = mkdtempSync(path.join(tmpdir(), "clip-wasm-huge-"));
/** The files of the page that name its hub, with another: docs/LOADING.md says how. */
const OVERLAY = mkdtempSync(path.join(tmpdir(), "clip-wasm-overlay-"));

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {import("./hub.mjs").Hub} in place of huggingface.co */
let hub;

before(async () => {
  cpSync(CHECKPOINT, HUGE, { recursive: true });
  const config = JSON.parse(readFileSync(path.join(CHECKPOINT, "config.json"), "utf8"));
  Object.assign(config.vision_config, { hidden_size: 8192, intermediate_size: 32768, num_hidden_layers: 64 });
  writeFileSync(path.join(HUGE, "config.json"), JSON.stringify(config));
  hub = await serveHub({ [REPO]: CHECKPOINT, "someone/huge": HUGE });
  overlay("index.html", "connect-src 'self'", `connect-src 'self' ${hub.url}`);
  overlay("www/state/model-session.js", `{ flavour: "simd" } : {}`, `{ flavour: "simd" } : { hub: "${hub.url}" }`);
  site = await serve({ root: FOLDER, overlay: OVERLAY, mount: "/a/demo/" });
  browser = await launchBrowser();
  const context = await browser.newContext({ serviceWorkers: "block" });
  page = await context.newPage();
  await page.addInitScript(() => {
    navigator.storage.persist = async () => Reflect.set(window, "promised", true);
  });
  await page.goto(`${site.url}#tab=model`);
  await page.locator(`main[data-state="ready"]`).waitFor();
});
after(async () => {
  await browser?.close();
  await hub?.close();
  await site?.close();
  for (const folder of [HUGE, OVERLAY]) rmSync(folder, { recursive: true });
});

/** Puts a file of the page with something else in it before the page's own. @param {string} name @param {string} text @param {string} other */
function overlay(name, text, other) {
  const content = readFileSync(name, "utf8");
  assert.ok(content.includes(text), `${name} has no ${text}`);
  mkdirSync(path.dirname(path.join(OVERLAY, name)), { recursive: true });
  writeFileSync(path.join(OVERLAY, name), content.replace(text, other));
}

const models = () => page.getByRole("list", { name: "Models" });
const inUse = () => models().getByRole("listitem").filter({ hasText: "In use" }).getByRole("heading").innerText();
/** What is there of the repository. */
const kept = () => models().getByRole("listitem").filter({ hasText: "From someone/tiny" });
/** Looks at the repository and begins to download it. */
async function download() {
  await page.getByRole("textbox", { name: "Any CLIP model on Hugging Face" }).fill(REPO);
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByText(/tiny · .*download [\d.]+ kB/).waitFor();
  await page.getByRole("button", { name: "Download it" }).click();
}
/** The weights come slowly, and some of them are there. */
async function slowly() {
  hub.fault = (file) => (file === "model.safetensors" ? { pace: 600 } : undefined);
  await download();
  await page.locator("model-view load-progress").getByText(/^Downloading [1-9].* of 261/).waitFor();
}
/** @param {string} name */
const named = (name) => page.locator(".model-name").filter({ hasText: name }).waitFor();

test("this browser computes what the native command line does, bit for bit", async () => {
  await page.getByRole("button", { name: "Verify" }).click();
  await page.waitForFunction(() => document.querySelectorAll("model-view .check").length === 4);
  const checks = await page.locator("model-view .check").allInnerTexts();
  assert.deepEqual(checks.filter((check) => !check.includes("matches")), []);
});

test("the known models are listed with licence and sizes, the embedded one in use", async () => {
  assert.match(await inUse(), new RegExp(`^${EMBEDDED.name}`));
  const small = models().getByRole("listitem").filter({ hasText: "TinyCLIP" });
  assert.match(await small.innerText(), /MIT.*download 93\.8 MB, [\d.]+ MB once stored.*41\.1 % \(published\)/s);
});

test("a model says its download, its memory and its time on this machine before anything is fetched", async () => {
  const small = models().getByRole("listitem").filter({ hasText: "PE-Core S/16" });
  const figures = /Apache-2\.0 · download about 349 MB, 99\.3 MB once stored · up to 218 MB of memory · about [\d.]+ m?s a picture here · .*72\.7 % \(published\)/;
  assert.match(await small.innerText(), figures);
  assert.equal(hub.served.size, 0);
});

test("the list begins with what a visitor looks for", async () => {
  const titles = async (/** @type {string} */ need) => {
    await page.getByRole("combobox", { name: "First in the list" }).selectOption(need);
    return page.evaluate(async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return [...document.querySelectorAll("model-list h3")].map((title) => title.firstChild?.textContent ?? "");
    });
  };
  assert.equal((await titles("languages"))[0], "SigLIP 2 B/16");
  assert.equal((await titles("accurate"))[0], "SigLIP 2 B/16");
  assert.match((await titles("small"))[2], /^TinyCLIP/);
  assert.deepEqual((await titles("balanced")).slice(2, 4), ["PE-Core S/16", "PE-Core T/16"]);
});

test("the model of drawings comes with the page too: it says what it knows, computes as it should, and can be passed on", async () => {
  await page.getByRole("button", { name: `Use ${DRAWINGS}` }).click();
  await named(DRAWINGS);
  await page.locator("#model-line").getByText("knows drawings and emoji").waitFor();
  await page.getByText("Its scores for photographs mean little.").waitFor();
  await page.getByRole("button", { name: "Verify" }).click();
  await page.waitForFunction(() => document.querySelectorAll("model-view .check.passed").length === 4);
  await page.getByRole("tab", { name: "Share" }).click();
  await page.getByRole("button", { name: "Make a folder" }).click();
  await page.getByRole("link", { name: /^Save [\d.]+ MB$/ }).waitFor();
  await page.getByRole("tab", { name: "Model" }).click();
  await page.getByRole("button", { name: "Use the built-in model" }).click();
  await named(EMBEDDED.name);
  await page.locator("#model-line").getByText("knows everyday things").waitFor();
});

test("a repository is looked at before it is downloaded, then used, kept, and deleted", async () => {
  await download();
  await named("tiny");
  await page.getByRole("button", { name: "Ask the browser to keep stored models" }).click();
  await page.waitForFunction(() => Reflect.get(window, "promised"));
  await page.getByRole("button", { name: `Use ${EMBEDDED.name}` }).click();
  await named(EMBEDDED.name);
  await kept().getByText(/Stored here/).waitFor();
  await page.getByRole("button", { name: "Delete tiny" }).click();
  await kept().waitFor({ state: "detached" });
});

test("a download is paused, and goes on where it was", async () => {
  hub.served.clear();
  await slowly();
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await kept().getByText(/^\d\d? % downloaded$/).waitFor();
  assert.match(await inUse(), new RegExp(`^${EMBEDDED.name}`));
  hub.fault = () => undefined;
  await page.getByRole("button", { name: "Resume tiny" }).click();
  await named("tiny");
  // What was on its way when it was paused may have come twice: a piece or two.
  assert.ok((hub.served.get("model.safetensors") ?? 0) <= 261_092 + 2 * 65_536, `${hub.served.get("model.safetensors")} bytes`);
  await page.getByRole("button", { name: `Use ${EMBEDDED.name}` }).click();
  await named(EMBEDDED.name);
  await page.getByRole("button", { name: "Delete tiny" }).click();
  await kept().waitFor({ state: "detached" });
});

test("a download is stopped, and nothing of it is left", async () => {
  await slowly();
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.locator("model-view load-progress").waitFor({ state: "hidden" });
  hub.fault = () => undefined;
  await kept().waitFor({ state: "detached" });
  assert.equal(await page.locator("model-view").getByRole("alert").filter({ visible: true }).count(), 0);
  assert.match(await inUse(), new RegExp(`^${EMBEDDED.name}`));
});

test("an unknown repository is told beside the models, and the present one stays", async () => {
  await page.getByRole("textbox", { name: "Any CLIP model on Hugging Face" }).fill("nobody/nothing");
  await page.getByRole("button", { name: "Check" }).click();
  await page.locator("model-view").getByRole("alert").filter({ hasText: "nobody/nothing" }).waitFor();
  assert.match(await inUse(), new RegExp(`^${EMBEDDED.name}`));
});

test("for a model that is too large fewer bits are offered, then a smaller model", async () => {
  await page.getByRole("textbox", { name: "Any CLIP model on Hugging Face" }).fill("someone/huge");
  hub.served.clear();
  await page.getByRole("button", { name: "Check" }).click();
  await page.getByRole("button", { name: "Download it" }).click();
  const alert = page.locator("model-view").getByRole("alert").filter({ hasText: "of memory to load" });
  await alert.getByRole("button", { name: "Try it in 4 bits" }).click();
  await alert.getByRole("button", { name: /^Use TinyCLIP .* instead$/ }).waitFor();
  assert.equal(hub.served.get("model.safetensors"), undefined);
  assert.match(await inUse(), new RegExp(`^${EMBEDDED.name}`));
  await page.getByRole("combobox", { name: "Precision of downloads" }).selectOption("q8_0");
});

test("a folder of a Hugging Face checkpoint is opened from disk, and the way back is one button", async () => {
  const files = readdirSync(CHECKPOINT).map((name) => `${CHECKPOINT}/${name}`);
  await page.getByLabel("Model file").setInputFiles(files);
  await page.getByRole("button", { name: "Use the built-in model" }).click();
  await named(EMBEDDED.name);
  assert.equal(await page.locator("model-view").getByRole("alert").filter({ visible: true }).count(), 0);
});

test("a heatmap lies over what the model sees: all of the picture, or the square in its middle", async () => {
  /** What is shown of the picture, the canvas over it, and whether a veil is drawn. */
  const places = () =>
    page.locator("picture-stage .frame").evaluate((frame) => {
      const { width, height } = frame.getBoundingClientRect();
      const image = /** @type {HTMLImageElement} */ (frame.querySelector("img"));
      const scale = Math.min(width / image.naturalWidth, height / image.naturalHeight);
      const heat = /** @type {HTMLElement} */ (frame.querySelector(".heat")).getBoundingClientRect();
      const veil = /** @type {HTMLElement} */ (frame.querySelector(".veil"));
      return { picture: [image.naturalWidth * scale, image.naturalHeight * scale], heat: [heat.width, heat.height], veiled: !veil.hidden };
    });
  const around = (/** @type {number} */ one, /** @type {number} */ other) => Math.abs(one - other) < 4;
  await page.getByRole("tab", { name: "Classify" }).click();
  await page.getByLabel("Picture file").setInputFiles("tests/browser/pictures/scene.png");
  await page.locator("picture-stage .caption").getByText("scene.png").waitFor();
  const shadow = page.getByRole("button", { name: "Heatmap" });
  await shadow.click();
  await page.locator("picture-stage .heat").waitFor();
  const cropped = await places();
  assert.ok(cropped.veiled);
  assert.ok(around(cropped.heat[0], cropped.picture[1]) && around(cropped.heat[1], cropped.picture[1]), JSON.stringify(cropped));
  await page.getByRole("tab", { name: "Model" }).click();
  const folder = "tests/golden/models/naflex";
  await page.getByLabel("Model file").setInputFiles(readdirSync(folder).map((name) => `${folder}/${name}`));
  await page.locator("model-view").getByText("(NaFlex)").waitFor();
  await page.getByRole("tab", { name: "Classify" }).click();
  await page.locator("picture-stage .heat").waitFor();
  const whole = await places();
  assert.ok(!whole.veiled);
  assert.ok(around(whole.heat[0], whole.picture[0]) && around(whole.heat[1], whole.picture[1]), JSON.stringify(whole));
  await page.getByRole("button", { name: "Heatmap" }).click();
  await page.getByRole("tab", { name: "Model" }).click();
  await page.getByRole("button", { name: "Use the built-in model" }).click();
  await named(EMBEDDED.name);
});

test("a file that is no model is told beside the models, and the present one stays", async () => {
  await page.getByLabel("Model file").setInputFiles({ name: "x.gguf", mimeType: "", buffer: Buffer.from("no model") });
  await page.locator("model-view").getByRole("alert").filter({ hasText: `${EMBEDDED.name} is still loaded` }).waitFor();
});
