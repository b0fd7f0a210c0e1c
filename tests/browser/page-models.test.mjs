// @ts-check
/** The Model tab: verifying, other models from a hub and from disk, what is kept, and what goes wrong on the way. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { serveHub } from "./hub.mjs";
import { browserName, launchBrowser } from "./launch.mjs";

const FOLDER = "target/browser-tests/page";
const REPO = "someone/tiny";
const CHECKPOINT = "tests/golden/models/gelu";
/** The same with a config of more than any memory holds. */
const HUGE = mkdtempSync(path.join(tmpdir(), "clip-wasm-huge-"));

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
/** @type {import("./hub.mjs").Hub} in place of huggingface.co */
let hub;

before(async () => {
  site = await serve({ root: FOLDER, mount: "/a/demo/" });
  cpSync(CHECKPOINT, HUGE, { recursive: true });
  const config = JSON.parse(readFileSync(path.join(CHECKPOINT, "config.json"), "utf8"));
  Object.assign(config.vision_config, { hidden_size: 8192, intermediate_size: 32768, num_hidden_layers: 64 });
  writeFileSync(path.join(HUGE, "config.json"), JSON.stringify(config));
  hub = await serveHub({ [REPO]: CHECKPOINT, "someone/huge": HUGE });
  browser = await launchBrowser();
  const context = await browser.newContext({ serviceWorkers: "block" });
  page = await context.newPage();
  await context.route("https://huggingface.co/**", async (route) => {
    const { pathname, search } = new URL(route.request().url());
    const { range } = route.request().headers();
    const answer = await fetch(hub.url + pathname + search, { headers: range ? { range } : {} });
    const body = Buffer.from(await answer.arrayBuffer());
    await route.fulfill({ status: answer.status, headers: Object.fromEntries(answer.headers), body });
  });
  await page.goto(`${site.url}#tab=model`);
  await page.locator(`main[data-state="ready"]`).waitFor();
});
after(async () => {
  await browser?.close();
  await hub?.close();
  await site?.close();
  rmSync(HUGE, { recursive: true });
});

const models = () => page.getByRole("list", { name: "Models" });
const inUse = () => models().getByRole("listitem").filter({ hasText: "In use" }).getByRole("heading").innerText();
/** @param {string} name */
const named = (name) => page.locator(".model-name").filter({ hasText: name }).waitFor();

test("this browser computes what the native command line does, bit for bit", async () => {
  await page.getByRole("button", { name: "Verify" }).click();
  await page.waitForFunction(() => document.querySelectorAll("model-view .check").length === 4);
  const checks = await page.locator("model-view .check").allInnerTexts();
  assert.deepEqual(checks.filter((check) => !check.includes("as it should be")), []);
});

test("the known models are listed with licence and sizes, the embedded one in use", async () => {
  assert.match(await inUse(), /^emoji-clip/);
  const small = models().getByRole("listitem").filter({ hasText: "TinyCLIP" });
  assert.match(await small.innerText(), /MIT.*download 93\.8 MB, kept as [\d.]+ MB.*41\.1 % \(published\)/s);
});

test("a repository is looked at before it is downloaded, then used, kept, and deleted", async (t) => {
  if (browserName !== "chromium") return t.skip("only Chromium lets a test stand in for the hub in a worker");
  await page.getByRole("textbox", { name: "Any CLIP on Hugging Face" }).fill(REPO);
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByText(/tiny · .*download [\d.]+ kB/).waitFor();
  await page.getByRole("button", { name: "Download it" }).click();
  await named("tiny");
  const kept = models().getByRole("listitem").filter({ hasText: "From someone/tiny" });
  await page.getByRole("button", { name: "Use emoji-clip" }).click();
  await named("emoji-clip");
  await kept.getByText(/Kept here/).waitFor();
  await page.getByRole("button", { name: "Delete tiny" }).click();
  await kept.waitFor({ state: "detached" });
});

test("an unknown repository is told beside the models, and the present one stays", async (t) => {
  if (browserName !== "chromium") return t.skip("only Chromium lets a test stand in for the hub in a worker");
  await page.getByRole("textbox", { name: "Any CLIP on Hugging Face" }).fill("nobody/nothing");
  await page.getByRole("button", { name: "Look" }).click();
  await page.locator("model-view").getByRole("alert").filter({ hasText: "nobody/nothing" }).waitFor();
  assert.match(await inUse(), /^emoji-clip/);
});

test("for a model that is too large fewer bits are offered, then a smaller model", async (t) => {
  if (browserName !== "chromium") return t.skip("only Chromium lets a test stand in for the hub in a worker");
  await page.getByRole("textbox", { name: "Any CLIP on Hugging Face" }).fill("someone/huge");
  hub.served.clear();
  await page.getByRole("button", { name: "Look" }).click();
  await page.getByRole("button", { name: "Download it" }).click();
  const alert = page.locator("model-view").getByRole("alert").filter({ hasText: "of memory to load" });
  await alert.getByRole("button", { name: "Try it in 4 bits" }).click();
  await alert.getByRole("button", { name: /^Use TinyCLIP .* instead$/ }).waitFor();
  assert.equal(hub.served.get("model.safetensors"), undefined);
  assert.match(await inUse(), /^emoji-clip/);
  await page.getByRole("combobox", { name: "Keep downloads in" }).selectOption("q8_0");
});

test("a folder of a Hugging Face checkpoint is opened from disk, and the way back is one button", async () => {
  const files = readdirSync(CHECKPOINT).map((name) => `${CHECKPOINT}/${name}`);
  await page.getByLabel("Model file").setInputFiles(files);
  await page.getByRole("button", { name: "Back to the page’s own model" }).click();
  await named("emoji-clip");
  assert.equal(await page.locator("model-view").getByRole("alert").filter({ visible: true }).count(), 0);
});

test("a file that is no model is told beside the models, and the present one stays", async () => {
  await page.getByLabel("Model file").setInputFiles({ name: "x.gguf", mimeType: "", buffer: Buffer.from("no model") });
  await page.locator("model-view").getByRole("alert").filter({ hasText: "emoji-clip stays in place" }).waitFor();
});
