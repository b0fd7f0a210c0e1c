// @ts-check
/** The service worker, in Chromium: the page works without its host, below any path, and minds its own business. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { launchChromium } from "./chromium.mjs";
import { layOut } from "./stub-page.mjs";

const MOUNT = "/a/project/";

/** @type {string} the page around the stub engine, as the build lays it out */
let folder;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "clip-wasm-offline-"));
  layOut(folder);
  cpSync("datasets/drawings/cat/noto-1.png", path.join(folder, "datasets/drawings/cat/noto-1.png"));
  writeFileSync(path.join(folder, "models/emoji-clip.gguf"), "another model that comes with the page");
  cpSync("tests/browser/blank.html", path.join(folder, "blank.html"));
  writeFileSync(path.join(folder, "models/index.json"), "[]");
  execFileSync(process.execPath, ["tools/precache.mjs", folder]);
  browser = await launchChromium();
});
after(async () => {
  await browser.close();
  rmSync(folder, { recursive: true });
});

const REGISTER = `import("${MOUNT}www/offline/register.js").then(({ registerOffline }) => registerOffline())`;

/**
 * Serves the page below a path and opens an empty page there.
 * @param {import("node:test").TestContext} t
 */
async function open(t, options = {}) {
  const site = await serve({ root: folder, mount: MOUNT, ...options });
  const context = await browser.newContext();
  t.after(async () => {
    await context.close();
    await site.close();
  });
  const page = await context.newPage();
  return { site, page, url: site.url };
}

/** The same, after a visit long enough to be ready for offline use. @param {import("node:test").TestContext} t */
async function visit(t, options = {}) {
  const opened = await open(t, options);
  await opened.page.goto(`${opened.url}blank.html`);
  assert.deepEqual(await opened.page.evaluate(REGISTER), { ready: true });
  return opened;
}

/** Changes the model record on the host, which is data. @param {string} name */
function publishRecord(name) {
  writeFileSync(path.join(folder, "models/everyday-clip.json"), JSON.stringify({ name, file: "everyday-clip.gguf" }));
}

/** Changes the code on the host. @param {string} remark */
function publish(remark) {
  appendFileSync(path.join(folder, "www/main.js"), `\n// ${remark}\n`);
  execFileSync(process.execPath, ["tools/precache.mjs", folder]);
}

test("a page that has been visited opens when its host is gone, with its model", async (t) => {
  const { site, page, url } = await visit(t);
  await site.close();
  for (const address of [url, `${url}index.html`, `${url}?labels=cat#top`]) {
    const response = await page.goto(address);
    assert.equal(response?.status(), 200, address);
    assert.equal(response?.fromServiceWorker(), true, address);
  }
  const name = await page.evaluate(
    `(async () => {
      const { EngineClient } = await import("${MOUNT}pkg/engine/client/engine-client.js");
      const engine = await EngineClient.start({ models: "${MOUNT}models" });
      return (await engine.load({ id: "everyday-clip" })).name;
    })()`,
  );
  assert.equal(name, "stub");
  const others = await page.evaluate(`(async () => {
    const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url.split("/").at(-1)).filter((name) => name.endsWith(".gguf"));
  })()`);
  assert.deepEqual(others, ["everyday-clip.gguf"], "a model that the page does not begin with is not fetched unasked");
});

test("from the second visit on, a host that sends no headers for it has an isolated page", async (t) => {
  const { page, url } = await visit(t, { plain: true });
  assert.equal(await page.evaluate("crossOriginIsolated"), false);
  await page.goto(url);
  assert.equal(await page.evaluate("crossOriginIsolated"), true);
});

test("of the engine's builds, the two that this browser can run best are kept, and research", async (t) => {
  const { page } = await visit(t);
  const kept = await page.evaluate(`(async () => {
    const names = await caches.keys();
    const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url).filter((url) => url.endsWith("/clip_wasm.js"));
  })()`);
  const builds = [...new Set(kept.map((/** @type {string} */ address) => address.split("/").at(-2)))].sort();
  assert.deepEqual(builds, ["relaxed", "relaxed-threads", "research", "research-threads"]);
});

test("other data on the host shows at once, and serves when the host is gone", async (t) => {
  const { site, page } = await visit(t);
  publishRecord("updated");
  const record = `fetch("${MOUNT}models/everyday-clip.json").then((answer) => answer.json())`;
  assert.equal((await page.evaluate(record)).name, "updated");
  await site.close();
  assert.equal((await page.evaluate(record)).name, "updated");
});

test("a demo's own model, which the engine keeps, is not kept here as well, nor is the one that it does not begin with", async (t) => {
  const demo = path.join(folder, "demo.json");
  const before = readFileSync(demo);
  t.after(() => writeFileSync(demo, before));
  writeFileSync(demo, JSON.stringify({ model: "models/own.gguf" }));
  cpSync(path.join(folder, "models/everyday-clip.gguf"), path.join(folder, "models/own.gguf"));
  execFileSync(process.execPath, ["tools/precache.mjs", folder]);
  const { page, url } = await visit(t);
  await page.goto(url);
  await page.locator(`main[data-state="ready"]`).waitFor();
  const kept = await page.evaluate(`(async () => {
    const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map(({ url }) => url).filter((url) => url.endsWith(".gguf"));
  })()`);
  assert.deepEqual(kept, []);
  const { stored } = await page.evaluate(`import("${MOUNT}pkg/engine/client/engine-client.js").then(async ({ EngineClient }) => {
    const engine = await EngineClient.start({ models: "${MOUNT}models" });
    return engine.listModels();
  })`);
  assert.deepEqual(stored.map((/** @type {any} */ { complete, source }) => [complete, source]), [[true, { url: `${url}models/own.gguf` }]]);
});

test("a drawing of a data set that was used is there when its host is gone; others are not", async (t) => {
  const { site, page } = await visit(t);
  const ask = (/** @type {string} */ name) =>
    page.evaluate(`fetch("${MOUNT}datasets/drawings/cat/${name}").then(async (answer) => answer.ok && (await answer.blob()).size > 0, () => false)`);
  assert.equal(await ask("noto-1.png"), true);
  await site.close();
  assert.equal(await ask("noto-1.png"), true);
  assert.equal(await ask("noto-2.png"), false);
});

test("what is not on the list is left to the network", async (t) => {
  const { site, page } = await visit(t);
  await site.close();
  const outcome = await page.evaluate(`fetch("${MOUNT}README.md").then(() => "answered", () => "failed")`);
  assert.equal(outcome, "failed");
});

test("a new version replaces the caches of its own page and of no other", async (t) => {
  const { page, url } = await visit(t);
  const [ours, theirs] = [`clip-wasm ${url} before`, `clip-wasm ${new URL("/another/project/", url)} before`];
  publish("a new version");
  const names = await page.evaluate(`(async () => {
    for (const name of ${JSON.stringify([ours, theirs])}) await caches.open(name);
    const { installing } = await (await navigator.serviceWorker.getRegistration("${MOUNT}")).update();
    await new Promise((resolve) => {
      installing.addEventListener("statechange", () => installing.state === "activated" && resolve());
    });
    return caches.keys();
  })()`);
  const versions = names.filter((/** @type {string} */ name) => !/ (?:data|clients)$/.test(name));
  assert.ok(versions.includes(theirs) && !versions.includes(ours), names.join("; "));
  assert.equal(versions.length, 2, names.join("; "));
});

test("a browser without service workers is told why, and nothing breaks", async (t) => {
  const { page, url } = await open(t);
  await page.addInitScript(`delete Navigator.prototype.serviceWorker`);
  await page.goto(`${url}blank.html`);
  const { ready, reason } = await page.evaluate(REGISTER);
  assert.equal(ready, false);
  assert.match(reason, /storing the page needs/);
});
