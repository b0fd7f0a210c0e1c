// @ts-check
/**
 * A page whose host gets another version while it is open: it goes on with what it is, workers and late tabs included, until
 * its visitor takes the new one. Around the stub engine, in the browser that `PAGE_BROWSER` names.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { browserName, launchBrowser } from "./launch.mjs";
import { layOut } from "./stub-page.mjs";
import { until } from "./visits.mjs";

/** @import { BrowserContext, Page } from "playwright-core" */

const MOUNT = "/a/project/";
const scratch = mkdtempSync(path.join(tmpdir(), "clip-wasm-versions-"));
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  for (const name of ["A", "B"]) build(name);
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  rmSync(scratch, { recursive: true });
});

/** Lays a page out as the build does, each of whose modules says of which version it is. @param {string} name */
function build(name) {
  const folder = path.join(scratch, name);
  layOut(folder);
  const planner = `export function plan_repository() { throw Object.assign(new Error("the research build of ${name}"), { code: "research" }); }\n`;
  for (const build of ["research", "research-threads"]) appendFileSync(path.join(folder, "pkg", build, "clip_wasm.js"), planner);
  const files = ["www", "pkg/engine"].flatMap((part) =>
    readdirSync(path.join(folder, part), { recursive: true, encoding: "utf8" }).map((file) => path.join(part, file)),
  );
  for (const file of files) {
    const module = path.join(folder, file);
    if (!file.endsWith(".js") || file.startsWith("www/offline/") || !statSync(module).isFile()) continue;
    appendFileSync(module, `\n(globalThis.versions ??= new Set()).add("${name}");\n`);
  }
  // What a hub says of a repository, which the build `research` is asked about.
  mkdirSync(path.join(folder, "hub/api/models/some/one/revision"), { recursive: true });
  writeFileSync(path.join(folder, "hub/api/models/some/one/revision/main"), "{}");
  execFileSync(process.execPath, ["tools/precache.mjs", folder]);
}

/** A host that has version A. @param {import("node:test").TestContext} t */
async function host(t, options = {}) {
  const folder = mkdtempSync(path.join(scratch, "host-"));
  const publish = (/** @type {string} */ name) => {
    rmSync(folder, { recursive: true });
    cpSync(path.join(scratch, name), folder, { recursive: true });
  };
  publish("A");
  const site = await serve({ root: folder, mount: MOUNT, ...options });
  t.after(() => site.close());
  return { ...site, folder, publish };
}

/** @param {import("node:test").TestContext} t @returns {Promise<BrowserContext>} */
async function visitor(t) {
  const context = await browser.newContext();
  t.after(() => context.close());
  return context;
}

/** Opens the page and waits until it is kept. @param {BrowserContext} context @param {string} url */
async function open(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await kept(page);
  return page;
}

/** @param {Page} page */
async function kept(page) {
  await page.locator(`main[data-state="ready"]`).waitFor();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  // The page has said by then which version it is.
  await until(page, async () => (await caches.keys()).some((name) => name.endsWith(" clients")) && document.querySelector("model-view")?.textContent?.includes("eady"));
}

/** The versions that the page's modules are of. @param {Page} page @returns {Promise<string>} */
const versions = (page) => page.evaluate(() => [...Reflect.get(globalThis, "versions")].sort().join());

/** Begins an engine whose worker is there before the page is kept. @param {Page} page */
const startEarly = (page) =>
  page.evaluate(async (folder) => {
    const { EngineClient } = await import(`${folder}pkg/engine/client/engine-client.js`);
    Reflect.set(globalThis, "early", await EngineClient.start({ models: `${folder}models`, hub: `${folder}hub` }));
  }, `${new URL(page.url()).origin}${MOUNT}`);

/** That of the research build which such an engine fetches now. @param {Page} page @returns {Promise<string>} */
const earlyVersion = (page) =>
  page.evaluate(() => Reflect.get(globalThis, "early").preview({ repo: "some/one" }).catch((/** @type {Error} */ error) => error.message));

/** That of an engine that begins now: its worker's modules, and the research build. @param {Page} page @returns {Promise<string>} */
function engineVersion(page) {
  return page.evaluate(async (folder) => {
    const { EngineClient } = await import(`${folder}pkg/engine/client/engine-client.js`);
    const engine = await EngineClient.start({ models: `${folder}models`, hub: `${folder}hub` });
    const told = await engine.preview({ repo: "some/one" }).catch((/** @type {Error} */ error) => error.message);
    engine.dispose();
    return told;
  }, `${new URL(page.url()).origin}${MOUNT}`);
}

/** @param {Page} page @param {string} name */
async function openTab(page, name) {
  await page.getByRole("tab", { name }).click();
  await page.locator(`${name.toLowerCase()}-view`).waitFor();
}

const offer = (/** @type {Page} */ page) => page.getByText("A new version of this page is available.");

test("a page whose host has a new version and the old one no more goes on as it is, and takes the new one when asked to", async (t) => {
  const { url, publish } = await host(t);
  const context = await visitor(t);
  const page = await context.newPage();
  await page.goto(url);
  await startEarly(page);
  await kept(page);
  publish("B");
  await openTab(page, "Dataset");
  assert.match(await earlyVersion(page), /the research build of A/);
  assert.match(await engineVersion(page), /the research build of A/);
  assert.equal(await versions(page), "A");
  assert.equal(await offer(page).isVisible(), false);

  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
  await offer(page).waitFor();
  await openTab(page, "Bias");
  assert.match(await engineVersion(page), /the research build of A/);
  assert.equal(await versions(page), "A");

  const gallery = await context.newPage();
  assert.equal((await gallery.goto(`${url}www/gallery.html`))?.status(), 200);
  await gallery.close();

  const other = await open(context, url);
  await openTab(other, "Dataset");
  assert.match(await engineVersion(other), /the research build of B/);
  assert.equal(await versions(other), "B");
  assert.equal(await offer(other).isVisible(), false);
  await openTab(page, "Robustness");
  assert.match(await engineVersion(page), /the research build of A/);
  assert.equal(await versions(page), "A");

  await page.getByRole("button", { name: "Reload", exact: true }).click();
  await kept(page);
  await openTab(page, "Bias");
  assert.match(await engineVersion(page), /the research build of B/);
  assert.equal(await versions(page), "B");
});

test("the new version works without its host, and the old one is gone once nobody uses it", async (t) => {
  const { url, publish, close } = await host(t);
  const context = await visitor(t);
  const page = await open(context, url);
  publish("B");
  await page.reload();
  await kept(page);
  assert.equal(await versions(page), "B");
  await until(page, async () => (await caches.keys()).filter((name) => / [0-9a-f]{16}$/.test(name)).length === 2);
  await page.waitForTimeout(10_500);
  await page.reload();
  await until(page, async () => (await caches.keys()).filter((name) => / [0-9a-f]{16}$/.test(name)).length === 1);
  await close();
  await page.reload();
  await kept(page);
  await openTab(page, "Dataset");
  assert.equal(await versions(page), "B");
});

test("a host that lets everything be kept for a year, and names no versions, changes nothing of that", async (t) => {
  const folder = mkdtempSync(path.join(scratch, "host-"));
  const types = new Map([[".html", "text/html"], [".js", "text/javascript"], [".css", "text/css"], [".json", "application/json"]]);
  const server = http.createServer(({ url = "/" }, response) => {
    const name = new URL(url, "http://x").pathname.replace(MOUNT, "") || "index.html";
    try {
      const content = readFileSync(path.join(folder, name));
      response.setHeader("cache-control", "public, max-age=31536000, immutable");
      response.setHeader("content-type", types.get(path.extname(name)) ?? "application/octet-stream").end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  t.after(() => void (server.closeAllConnections(), server.close()));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address?.port}${MOUNT}`;
  cpSync(path.join(scratch, "A"), folder, { recursive: true });
  const page = await open(await visitor(t), url);
  cpSync(path.join(scratch, "B"), folder, { recursive: true });
  await openTab(page, "Dataset");
  assert.equal(await versions(page), "A");
  await page.goto(`${url}?again`);
  await kept(page);
  await openTab(page, "Dataset");
  assert.match(await engineVersion(page), /the research build of B/);
  assert.equal(await versions(page), "B");
});

test("an edit of the sources shows at the next reload, also where a built page was kept before", async (t) => {
  const { url, folder } = await host(t);
  const page = await open(await visitor(t), url);
  // As `./build.sh serve` shows them: no version in the page, and a list that says so.
  const html = readFileSync(path.join(folder, "index.html"), "utf8").replace(/ *<meta name="version".*\n/, "");
  writeFileSync(path.join(folder, "index.html"), html);
  const list = path.join(folder, "www/offline/precache.js");
  writeFileSync(list, readFileSync(list, "utf8").replace(`"development": false`, `"development": true`));
  for (const edit of ["C", "D"]) {
    for (const module of ["www/main.js", "pkg/engine/worker/worker.js", "www/views/dataset/dataset-view.js"])
      appendFileSync(path.join(folder, module), `\nglobalThis.edit = "${edit}";\n`);
    await page.reload();
    await page.locator(`main[data-state="ready"]`).waitFor();
    // The end of the page's first module is reached once it knows what is kept.
    await page.waitForFunction((edit) => Reflect.get(globalThis, "edit") === edit, edit);
    await openTab(page, "Dataset");
  }
  await until(page, async () => (await caches.keys()).every((name) => !name.includes("/a/project/")));
});

/** What makes a browser keep no more than it uses, as a line of the service worker's list. */
const SPARING = /** @type {const} */ ([
  ["where there is little room", (/** @type {string} */ list) => list.replace(/"bytes": \d+/, `"bytes": 1e15`)],
  ["where data is to be saved", (/** @type {string} */ list) => `${list}\nObject.defineProperty(navigator, "connection", { value: { saveData: true } });\n`],
]);

for (const [where, changed] of SPARING) test(`${where}, what is used is kept, and where the host has that no more, the new version is offered`, async (t) => {
  const { url, folder, publish } = await host(t);
  const list = path.join(folder, "www/offline/precache.js");
  writeFileSync(list, changed(readFileSync(list, "utf8")));
  const page = await (await visitor(t)).newPage();
  await page.goto(url);
  await page.locator(`main[data-state="ready"]`).waitFor();
  await page.getByText(/each part of the page is stored when it is first used/).waitFor({ state: "attached" });
  const builds = () =>
    page.evaluate(async () => {
      const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
      return requests.flat().flatMap(({ url }) => /\/pkg\/([\w-]+)\/clip_wasm\.js/.exec(url)?.[1] ?? []);
    });
  assert.deepEqual(await builds(), []);
  assert.match(await engineVersion(page), /the research build of A/);
  // The worker stores it once the page has it.
  for (const end = Date.now() + 10_000; !(await builds()).length && Date.now() < end; await page.waitForTimeout(50));
  assert.equal((await builds()).filter((name) => name.startsWith("research")).length, 1);
  publish("B");
  await page.evaluate(async () => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) if (request.url.includes("/pkg/research")) await cache.delete(request);
    }
  });
  assert.doesNotMatch(await engineVersion(page), /the research build of/);
  await offer(page).waitFor();
});

test("a page that is not kept yet when its host gets a new version does not mix the two, and offers the new one", async (t) => {
  const { url, publish } = await host(t);
  const page = await (await visitor(t)).newPage();
  await page.addInitScript(() => {
    if (sessionStorage.getItem("registered")) return;
    const register = navigator.serviceWorker.register.bind(navigator.serviceWorker);
    navigator.serviceWorker.register = async (...words) => {
      await new Promise((resolve) => addEventListener("go", resolve));
      sessionStorage.setItem("registered", "true");
      return register(...words);
    };
  });
  await page.goto(url);
  await page.locator(`main[data-state="ready"]`).waitFor();
  publish("B");
  await page.getByRole("tab", { name: "Dataset" }).click();
  await offer(page).waitFor();
  await page.getByRole("button", { name: "Later" }).click();
  await page.evaluate(() => void dispatchEvent(new Event("go")));
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await page.getByRole("tab", { name: "Bias" }).click();
  await page.waitForTimeout(1000);
  assert.equal(await versions(page), "A");
  await page.reload();
  await kept(page);
  await openTab(page, "Dataset");
  assert.equal(await versions(page), "B");
});
