// @ts-check
/**
 * The main path in WebKit (WebKitGTK's MiniBrowser, driven over WebDriver): a first visit, a label that is typed, another
 * sample by keyboard, a link; and a model from a hub, kept without a private file system. Where WebKitWebDriver or Xvfb is missing the test is skipped and says so.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { Builder, By, Capabilities, Key } from "selenium-webdriver";
import { serve } from "../../tools/serve.mjs";
import { commandLine } from "./command-line.mjs";
import { EMBEDDED } from "./embedded.mjs";
import { serveHub } from "./hub.mjs";

/** @import { ChildProcess } from "node:child_process" */
/** @import { WebDriver } from "selenium-webdriver" */

const FOLDER = "target/browser-tests/page";
const CLI = "target/release/clip-wasm";
const PATIENCE = 30_000;
const MINI_BROWSER = ["/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser", "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser"];
/** In containers there is neither a sandbox nor a way to share a GPU's buffers. */
const ENVIRONMENT = { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1", WEBKIT_DISABLE_DMABUF_RENDERER: "1" };

const has = (/** @type {string} */ command) => spawnSync("which", [command]).status === 0;
const missing = ["WebKitWebDriver", "Xvfb"].filter((command) => !has(command));
const skip = missing.length > 0 && `${missing.join(" and ")} missing: apt-get install webkit2gtk-driver xvfb`;

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {ChildProcess[]} */
const started = [];
/** @type {WebDriver} */
let driver;

before(async () => {
  if (skip) return;
  site = await serve({ root: FOLDER, mount: "/a/demo/" });
  const display = `:${90 + (process.pid % 100)}`;
  const environment = { ...process.env, ...ENVIRONMENT, DISPLAY: display };
  started.push(spawn("Xvfb", [display, "-screen", "0", "1280x900x24", "-nolisten", "tcp"], { stdio: "ignore" }));
  const port = 4400 + (process.pid % 500);
  started.push(spawn("WebKitWebDriver", [`--port=${port}`], { env: environment, stdio: "ignore" }));
  const capabilities = new Capabilities({ browserName: "MiniBrowser" });
  capabilities.set("webkitgtk:browserOptions", { binary: miniBrowser(), args: ["--automation"] });
  const builder = new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(capabilities);
  for (const end = Date.now() + PATIENCE; ; await new Promise((resolve) => setTimeout(resolve, 200)))
    try {
      driver = await builder.build();
      return;
    } catch (error) {
      if (Date.now() > end) throw error; // both programs take a moment
    }
});
after(async () => {
  await driver?.quit();
  for (const child of started) child.kill();
  await site?.close();
});

function miniBrowser() {
  const found = MINI_BROWSER.find((file) => spawnSync("test", ["-x", file]).status === 0);
  return found ?? execFileSync("sh", ["-c", "find /usr/lib -name MiniBrowser | head -1"], { encoding: "utf8" }).trim();
}

/** @returns {Promise<string[]>} label and score in full precision, best first, once they are the newest */
async function scores() {
  await driver.wait(
    () => driver.executeScript(`return document.querySelectorAll('main[data-state="ready"] [aria-label="Scores"] li').length > 0`),
    PATIENCE,
  );
  return driver.executeScript(
    `return [...document.querySelectorAll('[aria-label="Scores"] li')].map(({ dataset }) => dataset.label + " " + dataset.score)`,
  );
}

test("the page opens in WebKit with a sample that is already classified", { skip }, async (t) => {
  const begun = performance.now();
  await driver.get(site.url);
  assert.ok((await scores()).length >= 2);
  t.diagnostic(`first result after ${Math.round(performance.now() - begun)} ms`);
});

test("a label that is typed in WebKit gets the very score of the command line", { skip }, async () => {
  const field = await driver.findElement(By.id("labels"));
  await field.clear();
  await field.sendKeys("car", Key.ENTER, "boat", Key.ENTER, "tree");
  await driver.wait(async () => (await scores()).length === 3, PATIENCE);
  const words = ["--labels", "car,boat,tree", "--template", EMBEDDED.templates[0], `${FOLDER}/www/samples/sailboat.webp`];
  const told = execFileSync(CLI, ["classify", "--json", "--model", `${FOLDER}/models/everyday-clip.gguf`, ...words]);
  const [native] = JSON.parse(told.toString());
  /** @type {string[]} */
  const expected = native.scores.map((/** @type {any} */ { label, score }) => `${label} ${Math.fround(score)}`);
  const plain = (await scores()).map((row) => {
    const at = row.lastIndexOf(" ");
    return `${row.slice(0, at)} ${Math.fround(Number(row.slice(at)))}`;
  });
  assert.deepEqual(plain, expected);
});

test("another sample is chosen in WebKit by the keyboard", { skip }, async () => {
  const second = await driver.findElement(By.css(`[aria-label="Samples"] li:nth-child(2) button`));
  const before = await scores();
  await second.sendKeys(Key.ENTER);
  await driver.wait(async () => (await scores()).join() !== before.join(), PATIENCE);
  assert.equal(await second.getAttribute("aria-pressed"), "true");
});

test("a link to a question opens in WebKit with it", { skip }, async () => {
  await driver.get("about:blank");
  await driver.get(`${site.url}#label=pizza&label=hat&mode=independent&sample=pizza.webp`);
  assert.equal((await scores()).length, 2);
  const mode = await driver.findElement(By.css(`input[value="independent"]`));
  assert.equal(await mode.isSelected(), true);
});

test("a checkpoint comes from a hub in WebKit, is the command line's byte for byte, and classifies", { skip }, async (t) => {
  const scratch = mkdtempSync(path.join(tmpdir(), "clip-wasm-webkit-"));
  const gguf = path.join(scratch, "tiny.gguf");
  const hub = await serveHub({ "someone/tiny": "tests/golden/models/gelu" });
  const project = await serve({ root: ".", connect: hub.url });
  const picture = "www/samples/sailboat.webp";
  const labels = ["car", "boat"];
  try {
    const told = await commandLine(["quantize", "someone/tiny", "--dtype", "q8_0", "-o", gguf], hub.url);
    await driver.get(`${project.url}tests/browser/blank.html`);
    await driver.manage().setTimeouts({ script: PATIENCE });
    const found = await driver.executeAsyncScript(
      `const [hub, picture, labels, done] = arguments;
       (async () => {
         const { EngineClient } = await import("/pkg/engine/client/engine-client.js");
         const engine = await EngineClient.start({ models: "/models", hub, flavour: "simd" });
         await engine.load({ repo: "someone/tiny" });
         const embedded = await engine.embedImage(await (await fetch(picture)).blob());
         const { scores } = await engine.classify(embedded, { labels, templates: ["a photo of a {}"] });
         return { kind: (await engine.storage()).kind, hash: await engine.modelHash(), scores };
       })().then(done, (error) => done({ error: String(error) }));`,
      hub.url,
      `/${picture}`,
      labels,
    );
    t.diagnostic(`kept in: ${found.kind}`);
    assert.equal(found.error, undefined);
    assert.equal(found.hash, told?.sha256);
    const words = ["--labels", labels.join(), "--template", "a photo of a {}", picture];
    const [native] = await commandLine(["classify", "--model", gguf, ...words]);
    const plain = (/** @type {{ label: string, score: number }[]} */ scores) =>
      scores.map(({ label, score }) => `${label} ${Math.fround(score)}`);
    assert.deepEqual(plain(found.scores), plain(native.scores));
  } finally {
    await Promise.all([hub.close(), project.close()]);
    rmSync(scratch, { recursive: true });
  }
});
