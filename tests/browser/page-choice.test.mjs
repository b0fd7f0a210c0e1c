// @ts-check
/**
 * Which model is in place: chosen in another type, stopped on its way, over reloads and in links, and what becomes of it and of
 * the other tabs where memory runs out.
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";
import { EMBEDDED } from "./embedded.mjs";
import { serveHub } from "./hub.mjs";
import { launchBrowser, permissions } from "./launch.mjs";
import { FOLDER, answered, button, copiedBy, labels } from "./visits.mjs";

/** @import { BrowserContext, Page } from "playwright-core" */

/** A known model, whose repository a hub on this machine has: the checkpoint of a test. */
const RECORD = { id: "tinyclip-vit-8m-16", name: "Small one", source: { repo: "someone/tiny" }, bytes: 261_092 };
const OVERLAY = mkdtempSync(path.join(tmpdir(), "clip-wasm-choice-"));

/** @type {{ url: string, close: () => Promise<void> }} */
let site;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("./hub.mjs").Hub} */
let hub;

before(async () => {
  hub = await serveHub({ "someone/tiny": "tests/golden/models/gelu" });
  overlay("index.html", (html) => html.replace("connect-src 'self'", `connect-src 'self' ${hub.url}`));
  overlay("www/state/model-session.js", (script) => script.replace(`{ flavour: "simd" } : {}`, `{ flavour: "simd" } : { hub: "${hub.url}" }`));
  overlay(`models/${RECORD.id}.json`, () => JSON.stringify(RECORD));
  site = await serve({ root: FOLDER, overlay: OVERLAY, mount: "/a/demo/", connect: hub.url });
  browser = await launchBrowser();
});
after(async () => {
  await browser?.close();
  await hub?.close();
  await site?.close();
  rmSync(OVERLAY, { recursive: true });
});

/** Puts a file with something else in it before the page's own. @param {string} name @param {(content: string) => string} change */
function overlay(name, change) {
  const content = readFileSync(name, "utf8");
  const changed = change(content);
  assert.notEqual(changed, content, name);
  mkdirSync(path.dirname(path.join(OVERLAY, name)), { recursive: true });
  writeFileSync(path.join(OVERLAY, name), changed);
}

/**
 * @param {string} name
 * @param {(page: Page, context: BrowserContext) => Promise<void>} act
 */
function visit(name, act) {
  test(name, async () => {
    const context = await browser.newContext({ permissions, serviceWorkers: "block" });
    const page = await context.newPage();
    await page.goto(site.url);
    await answered(page);
    await act(page, context);
    await context.close();
  });
}

/** What the page says is in place. @param {Page} page */
const told = (page) => page.locator("#model-line strong").innerText();
/** @param {Page} page @param {string} name @param {string} dtype */
async function inPlace(page, name, dtype) {
  await page.waitForFunction(
    ([name, dtype]) => {
      const shown = document.querySelector("#model-line strong")?.textContent === name;
      return shown && document.querySelector("model-view .card")?.textContent?.includes(`${dtype}, `);
    },
    [name, dtype],
  );
  assert.deepEqual(await held(page), { name, dtype });
}
/** What its session and its worker hold, which must be the same: the worker embeds with it. @param {Page} page */
async function held(page) {
  const { info, width, hash } = await page.evaluate(async () => {
    const { session } = await import(new URL("www/running-session.js", document.baseURI).href);
    const [embedding] = await session.engine.embedTexts(["a cat"]);
    return { info: session.info, width: embedding.length, hash: await session.engine.modelHash() === await session.hash() };
  });
  assert.equal(width, info.projection_dim, "the worker has another model than the page says");
  assert.equal(hash, true);
  return { name: info.name, dtype: info.dtype };
}
/** @param {Page} page */
const models = (page) => page.getByRole("list", { name: "Models" });
/** @param {Page} page @param {string} type */
const keepIn = (page, type) => page.getByRole("combobox", { name: "Precision of downloads" }).selectOption(type);
/** Downloads the small model. @param {Page} page */
async function download(page) {
  await page.getByRole("tab", { name: "Model" }).click();
  await page.getByRole("button", { name: "Download Small one" }).click();
  await inPlace(page, "Small one", "q8_0");
}
/** @param {Page} page */
async function copiedLink(page) {
  await page.getByRole("tab", { name: "Classify" }).click();
  await answered(page);
  return new URL(await copiedBy(page, "Copy link"));
}
/** @param {URL} link @param {Record<string, string>} parts */
function withParts(link, parts) {
  const said = new URLSearchParams(link.hash.slice(1));
  for (const [name, value] of Object.entries(parts)) said.set(name, value);
  return `${site.url}#${said}`;
}

visit("a model in use in 8 bits can be had in 4, and each is told for what it is", async (page) => {
  await download(page);
  const row = models(page).locator(`[data-id="${RECORD.id}"]`);
  await row.getByText("In use", { exact: true }).waitFor();
  await keepIn(page, "q4_0");
  await row.getByText("In use in q8_0").waitFor();
  await page.getByRole("button", { name: "Download in q4_0 Small one" }).click();
  await row.getByText("In use", { exact: true }).waitFor();
  await inPlace(page, "Small one", "q4_0");
  await keepIn(page, "q8_0");
  await page.getByRole("button", { name: "Use in q8_0 Small one" }).click();
  await row.getByText("In use", { exact: true }).waitFor();
  await inPlace(page, "Small one", "q8_0");
});

visit("the chosen model survives a reload, asks no hub for it, and is gone with the way back", async (page) => {
  await page.getByRole("tab", { name: "Model" }).click();
  await keepIn(page, "q4_0");
  await page.getByRole("button", { name: "Download Small one" }).click();
  await inPlace(page, "Small one", "q4_0");
  await page.waitForFunction(() => /model=tinyclip-vit-8m-16&revision=0123456789abcdef\w+&dtype=q4_0&sha256=\w{64}/.test(location.hash));
  hub.fault = () => ({ status: 500 });
  try {
    for (const from of [null, site.url]) {
      if (from) await page.goto("about:blank");
      await (from ? page.goto(from) : page.reload());
      await inPlace(page, "Small one", "q4_0");
      await page.getByRole("alert").filter({ visible: true }).waitFor({ state: "hidden" });
    }
  } finally {
    hub.fault = () => undefined;
  }
  await page.getByRole("tab", { name: "Model" }).click();
  await button(page, "Use the built-in model").click();
  await inPlace(page, EMBEDDED.name, EMBEDDED.dtype);
  await page.waitForFunction(() => !/model=/.test(location.hash));
  await page.reload();
  await inPlace(page, EMBEDDED.name, EMBEDDED.dtype);
});

visit("a link names the model by name, commit, type and hash, and opens with it where it is kept", async (page, context) => {
  await download(page);
  const link = await copiedLink(page);
  const said = new URLSearchParams(link.hash.slice(1));
  assert.equal(said.get("model"), RECORD.id);
  assert.match(said.get("revision") ?? "", /^[0-9a-f]{40}$/);
  assert.equal(said.get("dtype"), "q8_0");
  assert.match(said.get("sha256") ?? "", /^[0-9a-f]{64}$/);
  const other = await context.newPage();
  await other.goto(link.href);
  await inPlace(other, "Small one", "q8_0");
});

visit("a link to a model that is not kept fetches nothing by itself, and shows where it is to be had", async (page, context) => {
  await download(page);
  await keepIn(page, "q4_0");
  await page.getByRole("button", { name: "Download in q4_0 Small one" }).click();
  await inPlace(page, "Small one", "q4_0");
  const link = await copiedLink(page);
  const guests = await browser.newContext({ serviceWorkers: "block" });
  const guest = await guests.newPage();
  hub.served.clear();
  await guest.goto(link.href);
  const notice = guest.getByRole("alert").filter({ hasText: /Small one.* in q4_0, which is not stored in this browser/ });
  await notice.waitFor();
  await answered(guest);
  await inPlace(guest, EMBEDDED.name, EMBEDDED.dtype);
  assert.equal(hub.served.size, 0);
  assert.match(guest.url(), /model=tinyclip/, "a reload asks for it again");
  await notice.getByRole("button", { name: "Show it in Model" }).click();
  await guest.getByRole("textbox", { name: "Any CLIP model on Hugging Face" }).waitFor();
  await guest.getByText(/tiny · .*download/).waitFor();
  await guest.getByRole("button", { name: "Download it" }).click();
  await guest.waitForFunction(() => document.querySelector("#model-line strong")?.textContent !== "everyday-clip");
  assert.equal((await held(guest)).dtype, "q4_0");
  await notice.waitFor({ state: "hidden" });
  await guests.close();
});

visit("a link whose hash is not that of the model in place says so", async (page, context) => {
  const link = await copiedLink(page);
  assert.equal(new URLSearchParams(link.hash.slice(1)).get("model"), EMBEDDED.id, "the page's own is named too");
  const same = await context.newPage();
  await same.goto(link.href);
  await answered(same);
  await same.waitForTimeout(500);
  assert.equal(await same.getByRole("alert").filter({ visible: true }).count(), 0);
  const other = await context.newPage();
  await other.goto(withParts(link, { sha256: "0".repeat(64) }));
  await other.getByRole("alert").filter({ hasText: "The link was made with different weights" }).waitFor();
  await answered(other);
  await other.reload();
  await other.getByRole("alert").filter({ hasText: "The link was made with different weights" }).waitFor();
});

for (const [name, parts] of /** @type {[string, Record<string, string>][]} */ ([
  ["a file of somebody's", { model: "mine 100%.gguf", sha256: "1".repeat(64) }],
  ["a record that this page has not", { model: "no-such-model" }],
  ["what is no name at all", { model: "<img src=x>" }],
]))
  visit(`a link to ${name} is told, and the page works`, async (page, context) => {
    const other = await context.newPage();
    await other.goto(withParts(new URL(site.url), parts));
    await other.getByRole("alert").filter({ hasText: `The link names the model “${parts.model}”` }).waitFor();
    await answered(other);
    await inPlace(other, EMBEDDED.name, EMBEDDED.dtype);
  });

visit("going back among labels does not load another model, and an address written by hand does", async (page) => {
  await button(page, "Animals").click();
  await download(page);
  for (let steps = 0; steps < 2; steps++)
    await page.evaluate(() => {
      const arrived = new Promise((resolve) => addEventListener("popstate", () => resolve(undefined), { once: true }));
      history.back();
      return arrived;
    });
  await inPlace(page, "Small one", "q8_0");
  await page.evaluate(() => (location.hash = "#label=cat&label=dog&model=everyday-clip"));
  await inPlace(page, EMBEDDED.name, EMBEDDED.dtype);
});

visit("Stop while a model is being prepared leaves page and worker with the same one", async (page) => {
  await download(page);
  await button(page, "Use the built-in model").click();
  await inPlace(page, EMBEDDED.name, EMBEDDED.dtype);
  /** @type {Set<string>} */
  const outcomes = new Set();
  for (const stage of ["read", "prepare", "prepare", "prepare"]) {
    const before = await told(page);
    await page.evaluate(async (stage) => {
      const { session } = await import(new URL("www/running-session.js", document.baseURI).href);
      const stop = (/** @type {any} */ { detail }) => {
        if (detail?.stage !== stage) return;
        session.removeEventListener("progress", stop);
        /** @type {HTMLElement} */ ([...document.querySelectorAll("load-progress button")].at(-1)).click();
      };
      session.addEventListener("progress", stop);
    }, stage);
    await page.getByRole("button", { name: before === EMBEDDED.name ? "Use Small one" : `Use ${EMBEDDED.name}` }).click();
    await page.locator("model-view load-progress").waitFor({ state: "hidden" });
    await page.waitForTimeout(200);
    const { name } = await held(page);
    assert.equal(await told(page), name);
    outcomes.add(name === before ? "stopped" : "too late");
  }
  assert.ok(outcomes.has("stopped"), [...outcomes].join());
});

/** Opens a model file of one tensor that no memory holds. @param {Page} page */
const openEndless = (page) =>
  page.evaluate(() => {
    const number = (/** @type {number} */ value, /** @type {number} */ bytes) => Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
    const text = (/** @type {string} */ name) => [...number(name.length, 8), ...new TextEncoder().encode(name)];
    const values = 6e8;
    const head = [71, 71, 85, 70, ...number(3, 4), ...number(1, 8), ...number(0, 8), ...text("t"), ...number(1, 4), ...number(values, 8), ...number(0, 4), ...number(0, 8)];
    while (head.length % 32) head.push(0);
    const piece = new Blob([new Uint8Array(1 << 26)]);
    const pieces = Array.from({ length: Math.ceil((4 * values) / piece.size) }, () => piece);
    const file = new File([new Uint8Array(head), ...pieces], "endless.gguf");
    const input = /** @type {HTMLInputElement} */ (document.querySelector(`input[aria-label="Model file"]`));
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input.dispatchEvent(new Event("change"));
  });

visit("where a model takes all memory, Classify and the research tabs go on with the one before", async (page) => {
  await page.getByRole("tab", { name: "Dataset" }).click();
  await button(page, "The drawings that come with this page").or(page.getByRole("button", { name: /drawings/ })).first().click();
  await page.locator(`dataset-view[data-state="ready"]`).waitFor({ timeout: 120_000 });
  await page.getByRole("tab", { name: "Model" }).click();
  await openEndless(page);
  await page.locator("model-view").getByRole("alert").filter({ hasText: `${EMBEDDED.name} is still loaded` }).waitFor({ timeout: 120_000 });
  await inPlace(page, EMBEDDED.name, EMBEDDED.dtype);
  await page.getByRole("tab", { name: "Dataset" }).click();
  const field = page.getByRole("textbox", { name: "Class labels" });
  await field.fill(`${await field.inputValue()}\nzeppelin`);
  await page.waitForTimeout(400);
  await page.locator(`dataset-view[data-state="ready"]`).waitFor();
  assert.equal(await page.locator("dataset-view").getByRole("alert").filter({ visible: true }).count(), 0);
  await page.getByRole("tab", { name: "Classify" }).click();
  await labels(page).fill("pizza\nzeppelin");
  await page.waitForFunction(() => document.querySelectorAll(`[aria-label="Scores"] li`).length === 2);
});

visit("where the engine is lost, every tab says so and has the way back, and a model that is gone is told", async (page) => {
  await page.getByRole("tab", { name: "Model" }).click();
  await page.getByLabel("Model file").setInputFiles(`${FOLDER}/models/everyday-clip.gguf`);
  await button(page, "Use the built-in model").waitFor();
  await page.evaluate(async () => {
    const { session } = await import(new URL("www/running-session.js", document.baseURI).href);
    const { engine } = session;
    engine.dispatchEvent(new CustomEvent("lost", { detail: Object.assign(new Error("the engine stopped: memory"), { code: "worker-lost" }) }));
    const restart = engine.restart.bind(engine);
    engine.restart = async (/** @type {any} */ options) => {
      await restart(options);
      throw Object.assign(new Error("the file is gone"), { code: "read" });
    };
  });
  for (const name of ["Dataset", "Robustness", "Share"]) {
    await page.getByRole("tab", { name }).click();
    await button(page, "Restart the engine").waitFor();
  }
  await button(page, "Restart the engine").click();
  await page.getByRole("alert").filter({ hasText: "could not be loaded again, so the built-in model is used. The file is gone." }).waitFor();
  await inPlace(page, EMBEDDED.name, EMBEDDED.dtype);
});
