// @ts-check
/**
 * Models by their URL: what is kept is held against the host's, no two versions of a file become one, and damage shows when
 * a model is opened. `PAGE_BROWSER` says which browser.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { serveHub } from "./hub.mjs";
import { browserName, launchBrowser } from "./launch.mjs";
import { openStage } from "./stage.mjs";

const REPO = "someone/tiny";
const FILE = "model.gguf";
/** The same length, other weights. */
const NEWER = "newer.gguf";
const LONGER = "longer.gguf";

/** What modules of the engine have other numbers for here: less patience with a host, and less memory. */
const OTHER_NUMBERS = [
  ["pkg/engine/download/download-file.js", "const SILENCE = 30_000;", "const SILENCE = 8000;"],
  ["pkg/engine/model/memory-need.js", "const MOST = 2 ** 32;", "const MOST = 2 ** 26;"],
];

const overlay = mkdtempSync(path.join(tmpdir(), "clip-wasm-overlay-"));
const scratch = mkdtempSync(path.join(tmpdir(), "clip-wasm-urls-"));
/** @type {import("./stage.mjs").Stage} */
let stage;
/** @type {import("./hub.mjs").Hub} */
let hub;
let size = 0;
/** @type {Record<string, string>} of the files, by name */
const hashes = {};

/** @param {string} expression */
const inPage = (expression) => stage.inPage(expression);
const served = () => hub.served.get(FILE) ?? 0;

before(async () => {
  const weights = readFileSync("models/everyday-clip.gguf");
  const newer = Buffer.from(weights);
  for (let at = newer.length >> 1; at < newer.length; at += 97) newer[at] ^= 1;
  size = weights.length;
  for (const [name, content] of /** @type {const} */ ([[FILE, weights], [NEWER, newer], [LONGER, Buffer.concat([newer, Buffer.alloc(32)])]])) {
    writeFileSync(path.join(scratch, name), content);
    hashes[name] = createHash("sha256").update(content).digest("hex");
  }
  for (const [file, number, other] of OTHER_NUMBERS) {
    const text = readFileSync(file, "utf8");
    assert.ok(text.includes(number), file);
    mkdirSync(path.join(overlay, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(overlay, file), text.replace(number, other));
  }
  hub = await serveHub({ [REPO]: scratch });
  stage = await openStage({
    overlay,
    connect: hub.url,
    launch: launchBrowser,
    script: `
      import { EngineClient } from "/pkg/engine/client/engine-client.js";
      const source = { url: "${hub.url}/${REPO}/resolve/main/${FILE}" };
      const begin = async (options) => (window.engine = await EngineClient.start({ models: "/models", flavour: "simd", ...options }));
      const stored = async () => (await engine.listModels()).stored;
      /** The hash of what was loaded, and what was said on the way; or the failure. */
      const load = async (options) => {
        const notes = [];
        try {
          const info = await engine.load(source, { ...options, onProgress: (step) => {
            if (step.note) notes.push(step.note);
            options?.onProgress?.(step);
          } });
          return { hash: await engine.modelHash(), note: info.note, notes };
        } catch ({ name, code, message }) {
          return { name, code, message, notes };
        }
      };
      /** Breaks a load off once so many bytes have come. */
      const partly = async (bytes) => {
        const controller = new AbortController();
        await load({ signal: controller.signal, onProgress: ({ stage, loaded }) => stage === "download" && loaded >= bytes && controller.abort() });
        await stored();
      };
      await begin();
      Object.assign(window, { EngineClient, begin, load, stored, partly, source });
    `,
  });
});
after(async () => {
  await stage?.close();
  await hub?.close();
  for (const folder of [scratch, overlay]) rmSync(folder, { recursive: true });
});
/** What the host says of the file as it is at first. */
const FIRST = { etag: '"one"', modified: "Mon, 01 Jun 2026 10:00:00 GMT" };
const SECOND = { etag: '"two"', modified: "Tue, 02 Jun 2026 10:00:00 GMT", file: NEWER };

beforeEach(() => {
  hub.fault = () => FIRST;
  hub.served.clear();
});
afterEach(async () => {
  for (const { key } of await inPage("stored()")) await inPage(`engine.deleteModel(${JSON.stringify(key)})`);
});

/** Breaks a load off once half of the file has come. @param {number} [bytes] */
async function partly(bytes = size >> 1) {
  // Slow behind the half, so that a busy page breaks off before all has come.
  hub.fault = () => ({ ...FIRST, get pace() { return served() < bytes ? 10 : 300; } });
  await inPage(`partly(${bytes})`);
  assert.ok(served() < size, "all had come");
  hub.fault = () => FIRST;
}

/** @param {string} file of which version the model has to be whole @param {any} outcome */
function isWhole(file, outcome) {
  assert.equal(outcome.hash, hashes[file], JSON.stringify(outcome));
}

describe("a kept model", () => {
  test("is used as it is while its host has the same", async () => {
    isWhole(FILE, await inPage("load()"));
    assert.equal(served(), size);
    isWhole(FILE, await inPage("load()"));
    assert.ok(served() <= size + 1, `${served()} bytes of ${size}`);
  });

  /** @type {[string, import("./hub.mjs").Fault, import("./hub.mjs").Fault][]} */
  const REPLACED = [
    ["by ETag and date", FIRST, SECOND],
    ["by its date alone", { modified: FIRST.modified }, { ...SECOND, etag: undefined }],
    ["by its length alone", {}, { file: LONGER }],
    ["by a host that knows no Range", { ...FIRST, noRange: true }, { ...SECOND, noRange: true }],
    ["by a host that compresses", { ...FIRST, gzip: true }, { ...SECOND, gzip: true }],
  ];
  for (const [how, before, after] of REPLACED) {
    test(`is fetched again once its host has replaced it: told ${how}`, async () => {
      hub.fault = () => before;
      isWhole(FILE, await inPage("load()"));
      hub.fault = () => after;
      isWhole(after.file ?? FILE, await inPage("load()"));
      assert.equal((await inPage("stored()")).length, 1);
      isWhole(after.file ?? FILE, await inPage("load()"));
    });
  }

  test("is used by its key as by its URL: held against the host's", async () => {
    isWhole(FILE, await inPage("load()"));
    hub.fault = () => SECOND;
    isWhole(NEWER, await inPage(`(async () => {
      const [{ key }] = await stored();
      await engine.load({ stored: key });
      return { hash: await engine.modelHash() };
    })()`));
  });

  test("of a host that compresses some answers and not others is not fetched again", async () => {
    hub.fault = () => ({ gzip: true, etag: '"one-gzip"' });
    isWhole(FILE, await inPage("load()"));
    hub.served.clear();
    hub.fault = () => ({ etag: '"one"' });
    isWhole(FILE, await inPage("load()"));
    assert.ok(served() <= 1, `${served()} bytes`);
  });

  for (const [how, fault] of /** @type {[string, import("./hub.mjs").Fault][]} */ ([
    ["is busy", { status: 503 }],
    ["has it no more", { status: 404 }],
    ["wants a password by now", { status: 401 }],
    ["answers with a page to sign in", { html: true }],
    ["is silent", { silent: 0 }],
  ])) {
    test(`is used, and that is said, where its host ${how}`, async () => {
      isWhole(FILE, await inPage("load()"));
      hub.fault = () => fault;
      const outcome = await inPage("load()");
      isWhole(FILE, outcome);
      assert.match(outcome.note, /stored copy of model\.gguf is used/);
    });
  }

  test("stays where the newer one cannot be fetched, and that is said", async () => {
    isWhole(FILE, await inPage("load()"));
    let answers = 0;
    hub.fault = () => (answers++ ? { status: 404 } : SECOND);
    const outcome = await inPage("load()");
    isWhole(FILE, outcome);
    assert.match(outcome.note, /newer version of this model.*404/);
    hub.fault = () => SECOND;
    isWhole(NEWER, await inPage("load()"));
  });
});

describe("a download that was broken off", () => {
  test("goes on where it was, of the same version", async () => {
    await partly();
    hub.served.clear();
    isWhole(FILE, await inPage("load()"));
    assert.ok(served() < size, `${served()} bytes of ${size}`);
  });

  /** @type {[string, import("./hub.mjs").Fault][]} */
  const CHANGED = [
    ["another ETag", SECOND],
    ["a whole answer to the request for the rest", { ...SECOND, noRange: true }],
    ["another date, and the whole", { modified: SECOND.modified, file: NEWER, noRange: true }],
    ["no version at all", { file: NEWER }],
    ["no version and the whole", { file: NEWER, noRange: true }],
    ["another length", { file: LONGER }],
    ["no place in the file", { ...SECOND, noContentRange: true }],
    ["the wrong place in the file", { ...FIRST, at: 4096 }],
  ];
  for (const [how, fault] of CHANGED) {
    test(`begins anew where the host answers with ${how}`, async () => {
      await partly();
      hub.fault = (_, { headers: { range } }) => (range === "bytes=0-" ? { ...fault, at: undefined } : fault);
      isWhole(fault.file ?? FILE, await inPage("load()"));
    });
  }

  test("begins anew in the same load, too, when the connection breaks", async () => {
    for (const fault of [SECOND, { ...SECOND, noRange: true }, { file: NEWER }, { file: NEWER, noRange: true }]) {
      let answers = 0;
      hub.fault = () => (answers++ ? fault : { ...FIRST, cut: size >> 1 });
      isWhole(NEWER, await inPage("load()"));
      for (const { key } of await inPage("stored()")) await inPage(`engine.deleteModel(${JSON.stringify(key)})`);
    }
  });

  test("ends in a sentence where the host names no version and breaks off each time", async () => {
    hub.fault = () => ({ cut: size >> 1, noRange: true });
    const { code, message } = await inPage("load()");
    assert.equal(code, "download");
    assert.match(message, /cannot be downloaded, because/);
  });
});

describe("a host that", () => {
  for (const [how, fault] of /** @type {[string, import("./hub.mjs").Fault][]} */ ([
    ["says no length", { noLength: true }],
    ["compresses", { ...FIRST, gzip: true }],
    ["sends elsewhere", { ...FIRST, redirect: true }],
    ["names only a weak version", { etag: 'W/"one"' }],
  ])) {
    test(`${how} serves a model`, async () => {
      hub.fault = () => fault;
      isWhole(FILE, await inPage("load()"));
      isWhole(FILE, await inPage("load()"));
    });
  }

  test("ends a file without a length too soon serves none that is kept", async () => {
    hub.fault = () => ({ noLength: true, cut: size >> 1 });
    const { code } = await inPage("load()");
    assert.ok(["truncated", "malformed", "download"].includes(code), code);
    hub.fault = () => FIRST;
    isWhole(FILE, await inPage("load()"));
  });

  test("names no length and never ends is left once no memory would hold it, and nothing is kept", async () => {
    hub.fault = () => ({ noLength: true, noRange: true, endless: true });
    const { code, message } = await inPage("load()");
    assert.equal(code, "too-large", message);
    assert.ok(served() < 2 ** 27, `${served()} bytes`);
    assert.deepEqual(await inPage("stored()"), []);
  });

  for (const [how, retryAfter] of /** @type {[string, () => string][]} */ ([
    ["in seconds", () => "1"],
    ["as a date", () => new Date(Date.now() + 2500).toUTCString()],
  ])) {
    test(`is busy and says until when, ${how}, is asked again then`, async () => {
      /** @type {number[]} */
      const asked = [];
      hub.fault = () => (asked.push(performance.now()) > 1 ? FIRST : { status: 503, retryAfter: retryAfter() });
      isWhole(FILE, await inPage("load()"));
      assert.ok(asked[1] - asked[0] >= 900, `asked again after ${asked[1] - asked[0]} ms`);
    });
  }

  test("has nothing at an address with half of a letter in it says so", async () => {
    const { message } = await inPage(`engine.load({ url: source.url.replace("model", "\\ud83d") }).catch(({ message }) => ({ message }))`);
    assert.match(message, /answered 404/);
  });

  test("has had too many requests, and says so without end, is given up", async () => {
    let asked = 0;
    hub.fault = () => ({ status: 429, retryAfter: `${Math.min(1, asked++)}` });
    const { code, message, notes } = await inPage("load()");
    assert.equal(code, "rate-limited");
    assert.match(message, /answered 429/);
    assert.match(notes.join(), /429.*trying again/);
    assert.ok(asked > 1 && asked < 7, `asked ${asked} times`);
    hub.fault = () => FIRST;
    isWhole(FILE, await inPage("load()"));
  });

  test("falls silent is asked again", { timeout: 90_000 }, async () => {
    let answers = 0;
    hub.fault = () => (answers++ ? FIRST : { ...FIRST, silent: size >> 1 });
    const outcome = await inPage("load()");
    isWhole(FILE, outcome);
    assert.match(outcome.notes.join(), /stopped responding/);
  });
});

describe("a model that was damaged on the disk", () => {
  /** Turns all bits of some bytes of what is kept, in OPFS. @param {number} position @param {number} length */
  const damage = (position, length) => inPage(`(async () => {
    const code = \`onmessage = async ({ data: [position, length] }) => {
      const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("clip-wasm-models");
      for await (const folder of root.values()) {
        const handle = await (await folder.getFileHandle("body")).createSyncAccessHandle();
        const bytes = new Uint8Array(length);
        handle.read(bytes, { at: position });
        handle.write(bytes.map((byte) => ~byte), { at: position });
        handle.close();
      }
      postMessage("done");
    }\`;
    const worker = new Worker(URL.createObjectURL(new Blob([code])));
    worker.postMessage([${position}, ${length}]);
    await new Promise((resolve) => (worker.onmessage = resolve));
    worker.terminate();
  })()`);

  for (const [how, position, length] of /** @type {const} */ ([["a hole", 4_000_000, 4096], ["its header", 0, 64], ["one byte", 5_000_001, 1]])) {
    test(`is told, dropped and fetched again when it is opened: ${how}`, async () => {
      isWhole(FILE, await inPage("load()"));
      await damage(position, length);
      hub.served.clear();
      const outcome = await inPage("load()");
      isWhole(FILE, outcome);
      assert.ok(served() >= size, `${served()} bytes`);
      assert.match(outcome.note, /damaged and was removed/);
      isWhole(FILE, await inPage("load()"));
    });
  }

  test("is refused where it cannot be fetched again", async () => {
    isWhole(FILE, await inPage("load()"));
    await damage(4_000_000, 4096);
    hub.fault = () => ({ status: 404 });
    const { message } = await inPage("load()");
    assert.match(message, /damaged and was removed, and cannot be downloaded again: .*404/);
    assert.deepEqual((await inPage("stored()")).filter((/** @type {any} */ { complete }) => complete), []);
  });

  test("before all of it had come begins anew", async () => {
    await partly();
    await damage(1_000_000, 4096);
    isWhole(FILE, await inPage("load()"));
  });
});
