// @ts-check
/**
 * What a bad network, a bad host and a hasty visitor do to a download. Each ends in a model that is the command line's,
 * byte for byte, or in one sentence; nothing broken is kept, and what has come is not fetched again. `PAGE_BROWSER`
 * says which browser; `CLIP_WASM_HUB_FOLDER` names a folder of full size to run the same with.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { commandLine } from "./command-line.mjs";
import { serveHub } from "./hub.mjs";
import { browserName, launchBrowser } from "./launch.mjs";
import { writeSeededCheckpoint } from "./seeded-checkpoint.mjs";
import { openStage } from "./stage.mjs";

const REPO = "someone/seeded";
const WEIGHTS = "model.safetensors";
/** What a closed connection may have carried without the page seeing it. */
const IN_FLIGHT = 2 << 20;

const scratch = mkdtempSync(path.join(tmpdir(), "clip-wasm-hub-"));
const folder = process.env.CLIP_WASM_HUB_FOLDER ?? path.join(scratch, "seeded");
/** @type {import("./stage.mjs").Stage} */
let stage;
/** @type {import("./hub.mjs").Hub} */
let hub;
/** @type {string} of the command line's GGUF */
let expected;
let size = 0;

/** @param {string} expression */
const inPage = (expression) => stage.inPage(expression);
const servedWeights = () => hub.served.get(WEIGHTS) ?? 0;
/** The same numbers at every run. */
let seed = 7;
const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;

before(async () => {
  if (!process.env.CLIP_WASM_HUB_FOLDER) writeSeededCheckpoint(folder);
  size = statSync(path.join(folder, WEIGHTS)).size;
  hub = await serveHub({ [REPO]: folder });
  const made = await commandLine(["quantize", REPO, "--dtype", "q8_0", "-o", path.join(scratch, "cli.gguf")], hub.url);
  expected = made.sha256;
  stage = await openStage({
    connect: hub.url,
    launch: launchBrowser,
    script: `
      import { EngineClient } from "/pkg/engine/client/engine-client.js";
      const told = (promise) => promise.then(
        () => engine.modelHash(),
        ({ name, code, message }) => ({ name, code, message }),
      );
      const repo = { repo: "${REPO}" };
      const begin = async () => (window.engine = await EngineClient.start({ models: "/models", hub: "${hub.url}", flavour: "simd" }));
      const stored = async () => (await engine.listModels()).stored;
      const load = (options) => told(engine.load(repo, options));
      /** Resolves once a load that goes on has so many bytes. */
      const until = (bytes) => new Promise((resolve) => {
        window.going = load({ onProgress: ({ stage, loaded }) => stage === "download" && loaded >= bytes && resolve() });
      });
      await begin();
      Object.assign(window, { EngineClient, told, begin, load, stored, until, repo });
    `,
  });
});
after(async () => {
  await stage?.close();
  await hub?.close();
  rmSync(scratch, { recursive: true });
});
beforeEach(() => {
  hub.fault = () => undefined;
  hub.served.clear();
});
afterEach(async () => {
  for (const { key } of await inPage("stored()")) await inPage(`engine.deleteModel(${JSON.stringify(key)})`);
});

/** @param {(file: string) => import("./hub.mjs").Fault | undefined} fault of the weights' answers */
function weightsFault(fault) {
  hub.fault = (file) => (file === WEIGHTS ? fault(file) : undefined);
}

/** The refusal of a load, after which nothing is kept and a good host still serves. @param {string} code */
async function refused(code) {
  const outcome = await inPage("load()");
  assert.equal(outcome.code, code, JSON.stringify(outcome));
  assert.match(outcome.message, /^[^\n]+$/, "one sentence");
  hub.fault = () => undefined;
  assert.equal(await inPage("load()"), expected);
  return outcome.message;
}

test("the file is the command line's, byte for byte", async () => {
  assert.equal(await inPage("load()"), expected);
  assert.equal(servedWeights(), size);
});

test("a connection cut at 20 random places", async () => {
  let cuts = 20;
  weightsFault(() => (cuts-- > 0 ? { cut: 1 + Math.floor((random() * size) / 12) } : undefined));
  assert.equal(await inPage("load()"), expected);
  assert.ok(cuts < 0, `${cuts} cuts did not happen`);
  console.log(`# 20 cuts: ${servedWeights() - size} bytes served beyond the file's ${size}`);
  assert.ok(servedWeights() - size <= 20 * IN_FLIGHT);
});

test("a tab that is closed five times on the way", async () => {
  weightsFault(() => ({ pace: 8 }));
  for (let turn = 1; turn <= 5; turn++) {
    await inPage(`until(${Math.floor((size * turn) / 6)})`);
    await stage.renew();
  }
  hub.fault = () => undefined;
  assert.equal(await inPage("load()"), expected);
  console.log(`# 5 closed tabs: ${servedWeights() - size} bytes served beyond the file's ${size}`);
  assert.ok(servedWeights() < 2 * size, `${servedWeights()} bytes of ${size} were served`);
});

test("a flipped byte", async () => {
  weightsFault(() => ({ flip: size - 1000 }));
  assert.match(await refused("wrong-hash"), /SHA-256/);
});

test("a file that is longer than the hub said", async () => {
  weightsFault(() => ({ longer: 3 }));
  await refused("wrong-size");
});

test("a web page instead of the weights", async () => {
  weightsFault(() => ({ html: true }));
  assert.match(await refused("download"), /web page/);
});

test("a web page instead of the config", async () => {
  hub.fault = (file) => (file === "config.json" ? { html: true } : undefined);
  assert.match(await refused("download"), /web page/);
});

test("a file that is not there", async () => {
  weightsFault(() => ({ status: 404 }));
  assert.match(await refused("download"), /404/);
});

test("a busy host", async () => {
  let answers = 0;
  hub.fault = () => (answers++ % 2 === 0 ? { status: 503 } : undefined);
  assert.equal(await inPage("load()"), expected);
});

test("a host without Range", async () => {
  let cuts = 2;
  weightsFault(() => ({ noRange: true, cut: cuts-- > 0 ? Math.floor(size / 3) : undefined }));
  assert.equal(await inPage("load()"), expected);
});

test("two tabs at once fetch it once", async () => {
  weightsFault(() => ({ pace: 2 }));
  const [one, other] = await inPage(`(async () => {
    const twin = await EngineClient.start({ models: "/models", hub: "${hub.url}", flavour: "simd" });
    await Promise.all([engine.load(repo), twin.load(repo)]);
    const hashes = await Promise.all([engine.modelHash(), twin.modelHash()]);
    twin.dispose();
    return hashes;
  })()`);
  assert.deepEqual([one, other], [expected, expected]);
  assert.equal(servedWeights(), size);
});

test("a visitor who changes their mind ten times", async () => {
  weightsFault(() => ({ pace: 10 }));
  for (let turn = 0; turn < 10; turn++) {
    const { name, waited } = await inPage(`(async () => {
      const controller = new AbortController();
      const going = load({ signal: controller.signal });
      await new Promise((resolve) => setTimeout(resolve, ${Math.floor(random() * 250)}));
      const begun = performance.now();
      controller.abort();
      const { name } = await going;
      await engine.storage();
      return { name, waited: performance.now() - begun };
    })()`);
    assert.equal(name, "AbortError");
    assert.ok(waited < 200, `it took ${waited} ms`);
  }
  hub.fault = () => undefined;
  assert.equal(await inPage("load()"), expected);
  assert.ok(servedWeights() - size <= 10 * IN_FLIGHT, `${servedWeights()} bytes of ${size} were served`);
});

test("ten pauses, each of which leaves what has come in the list", async () => {
  weightsFault(() => ({ pace: 4 }));
  for (let turn = 1; turn <= 10; turn++) {
    const [{ code }, models] = await inPage(`(async () => {
      await until(${Math.floor((size * turn) / 12)});
      engine.pause();
      return [await going, await stored()];
    })()`);
    assert.equal(code, "paused");
    assert.equal(models.length, 1);
    const [{ complete, loaded, total }] = models;
    assert.ok(!complete && loaded >= (size * turn) / 12 - IN_FLIGHT && total === size, `${loaded} of ${total}`);
  }
  hub.fault = () => undefined;
  assert.equal(await inPage("load()"), expected);
  assert.ok(servedWeights() - size <= 10 * IN_FLIGHT);
});

test("a host that goes away for good", async () => {
  let answered = 0;
  weightsFault(() => (answered++ ? { status: 503 } : { cut: Math.floor(size / 2) }));
  const outcome = await inPage("load()");
  assert.equal(outcome.code, "download");
  hub.fault = () => undefined;
  assert.equal(await inPage("load()"), expected);
  assert.ok(servedWeights() - size <= IN_FLIGHT);
});

test("a full disk", { skip: browserName !== "chromium" && "only Chromium lets a test set the quota" }, async () => {
  const session = await stage.page.context().newCDPSession(stage.page);
  const origin = new URL(stage.url).origin;
  const { usage } = await session.send("Storage.getUsageAndQuota", { origin });
  await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: usage + (1 << 20) });
  const notes = await inPage(`(async () => {
    const notes = [];
    const hash = await load({ onProgress: ({ note }) => note && notes.push(note) });
    return [hash, ...notes];
  })()`);
  assert.equal(notes[0], expected, `${notes.slice(1)}`);
  assert.ok(notes.slice(1).some((/** @type {string} */ note) => /memory/.test(note)), `${notes}`);
  await session.send("Storage.overrideQuotaForOrigin", { origin });
});

test("a model that was damaged on the disk is told, removed and fetched again", { skip: browserName !== "chromium" }, async () => {
  assert.equal(await inPage("load()"), expected);
  const outcome = await inPage(`(async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("clip-wasm-models");
    for await (const folder of root.values()) {
      const file = await folder.getFileHandle("body");
      const writable = await file.createWritable({ keepExistingData: true });
      await writable.write({ type: "write", position: 100_000, data: new Uint8Array([1, 2, 3]) });
      await writable.close();
    }
    const { note } = await engine.load(repo);
    return { note, hash: await engine.modelHash() };
  })()`);
  assert.equal(outcome.hash, expected);
  assert.match(outcome.note, /damaged and was removed.*downloaded again/);
  assert.equal(servedWeights(), 2 * size);
});
