// @ts-check
/** Hosts and browsers that give less: no isolation, no storage, no service worker; and people who mean ill. */
import assert from "node:assert/strict";
import http from "node:http";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { launchBrowser } from "./launch.mjs";

/** @import { Page } from "playwright-core" */

const FOLDER = "target/browser-tests/page";
const MARKUP = `<img src=x onerror="document.title='injected'">`;

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {{ url: string, close: () => Promise<void> }} */
let site;
before(async () => {
  browser = await launchBrowser();
  site = await serve({ root: FOLDER, mount: "/a/demo/" });
});
after(async () => {
  await browser?.close();
  await site?.close();
});

/** @param {Page} page @returns {Promise<string[]>} */
async function scoredLabels(page) {
  const rows = page.locator(`main[data-state="ready"] [aria-label="Scores"] li`);
  await rows.first().waitFor();
  return rows.evaluateAll((items) => items.map(({ dataset }) => dataset.label ?? ""));
}

/** A page of its own context, in which a script runs before all others. @param {string} [script] */
async function visitor(script) {
  const context = await browser.newContext();
  const page = await context.newPage();
  if (script) await page.addInitScript(script);
  return page;
}

test("a host that sends nothing but the files, below a path, is enough", async () => {
  const types = new Map([[".html", "text/html"], [".js", "text/javascript"], [".css", "text/css"], [".wasm", "application/wasm"]]);
  const plain = http.createServer(({ url = "/" }, response) => {
    const name = new URL(url, "http://x").pathname.replace("/people/me/", "") || "index.html";
    try {
      const content = readFileSync(path.join(FOLDER, name));
      response.setHeader("content-type", types.get(path.extname(name)) ?? "application/octet-stream").end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => plain.listen(0, "127.0.0.1", () => resolve(undefined)));
  const address = plain.address();
  const page = await visitor();
  await page.goto(`http://127.0.0.1:${typeof address === "object" && address?.port}/people/me/`);
  assert.ok((await scoredLabels(page)).length >= 2);
  await page.getByRole("tab", { name: "Model" }).click();
  await page.getByText("Cross-origin isolated", { exact: true }).waitFor();
  await page.context().close();
  plain.closeAllConnections();
  plain.close();
});

test("with storage switched off, as in some private windows, everything but keeping works", async () => {
  const page = await visitor(`
    for (const name of ["localStorage", "caches", "indexedDB"])
      Object.defineProperty(window, name, { get() { throw new DOMException("denied", "SecurityError"); } });
    delete Navigator.prototype.serviceWorker;
    if (navigator.storage) navigator.storage.getDirectory = () => Promise.reject(new DOMException("denied", "SecurityError"));
  `);
  /** @type {string[]} */
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`${error}`));
  await page.goto(`${site.url}#label=sun&label=moon`);
  assert.deepEqual((await scoredLabels(page)).sort(), ["moon", "sun"]);
  await page.getByRole("textbox", { name: "Labels" }).fill("sun");
  await page.getByRole("tab", { name: "Model" }).click();
  await page.getByText(/storing the page needs/).waitFor();
  assert.deepEqual(complaints, []);
  await page.context().close();
});

test("markup in a link stays text, in each of its fields", async () => {
  const page = await visitor();
  const field = encodeURIComponent(MARKUP);
  await page.goto(`${site.url}#label=${field}&label=sun&template=${field}%20{}&mode=${field}&sample=${field}&tab=${field}`);
  assert.deepEqual((await scoredLabels(page)).sort(), [MARKUP, "sun"].sort());
  await page.getByRole("tab", { name: "Share" }).click();
  await page.getByText(MARKUP).last().waitFor();
  assert.notEqual(await page.title(), "injected");
  assert.equal(await page.locator("main img[onerror]").count(), 0);
  await page.context().close();
});

test("script that gets into the page does not run, and reaches nobody", async () => {
  const page = await visitor();
  await page.goto(site.url);
  await scoredLabels(page);
  const outcomes = await page.evaluate(async () => {
    const script = document.createElement("script");
    /** @param {() => unknown} attempt */
    const tried = async (attempt) => {
      try {
        await attempt();
        return "done";
      } catch {
        return "refused";
      }
    };
    await tried(() => (script.textContent = "window.injected = true"));
    await tried(() => document.body.append(script));
    return {
      ran: Reflect.get(window, "injected") === true,
      // In a task of its own: within the test's, the browser lets it pass.
      evaluated: await tried(
        () =>
          new Promise((resolve, reject) =>
            setTimeout(() => tried(() => Reflect.get(window, "eval")("1")).then((told) => (told === "done" ? resolve : reject)(0))),
          ),
      ),
      fetched: await tried(() => fetch("https://example.org/")),
      foreignWorker: await tried(
        () =>
          new Promise((resolve, reject) => {
            const worker = new Worker("data:text/javascript,postMessage(1)");
            worker.onmessage = resolve;
            worker.onerror = reject;
          }),
      ),
    };
  });
  assert.deepEqual(outcomes, { ran: false, evaluated: "refused", fetched: "refused", foreignWorker: "refused" });
  await page.context().close();
});
