// @ts-check
/** Checkpoints straight from a hub: fetched, quantized on the way, kept; and what a bad network or host does to that. */
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { commandLine } from "./command-line.mjs";
import { serveHub } from "./hub.mjs";
import { writeSeededMobileClip, writeSeededPerceptionEncoder } from "./seeded-checkpoint.mjs";
import { openStage } from "./stage.mjs";

const REPO = "someone/tiny";
const FOLDER = "tests/golden/models/gelu";
/** As OpenCLIP saves one: a pickle, and a vocabulary in place of a tokenizer. */
const OPEN_CLIP = "someone/open";
/** As OpenCLIP saves a Perception Encoder. */
const PERCEPTION_ENCODER = "someone/perception-encoder";
/** As OpenCLIP saves a MobileCLIP. */
const MOBILE_CLIP = "someone/mobile-clip";
/** As Facebook publishes one: an archive alone. */
const ARCHIVE = "facebook/PE-Core-S16-384";
/** A Perception Encoder's weights, a MobileCLIP's, and the archive. */
const SEEDED = mkdtempSync(path.join(tmpdir(), "clip-wasm-seeded-"));

/** @type {import("./stage.mjs").Stage} */
let stage;
/** @type {import("./hub.mjs").Hub} */
let hub;
/** @param {string} expression */
const inPage = (expression) => stage.inPage(expression);

before(async () => {
  const [seeded, mobile, archive] = ["open-clip", "mobile-clip", "archive"].map((name) => path.join(SEEDED, name));
  writeSeededPerceptionEncoder(seeded);
  writeSeededMobileClip(mobile);
  mkdirSync(archive);
  copyFileSync("tests/golden/models/perception-encoder/PE-Tiny.pt", path.join(archive, "PE-Core-S16-384.pt"));
  const folders = { [OPEN_CLIP]: "tests/golden/models/open-clip", [PERCEPTION_ENCODER]: seeded, [MOBILE_CLIP]: mobile };
  hub = await serveHub({ [REPO]: FOLDER, ...folders, [ARCHIVE]: archive });
  stage = await openStage({
    connect: hub.url,
    script: `
      import { EngineClient } from "/pkg/engine/client/engine-client.js";
      const told = (promise) => promise.then(
        (value) => ({ value }),
        ({ name, code, message }) => ({ name, code, message }),
      );
      const begin = async (options) => {
        window.engine = await EngineClient.start({ models: "/models", hub: "${hub.url}", flavour: "simd", ...options });
        for (const { key } of (await engine.listModels()).stored) await engine.deleteModel(key);
      };
      const repo = { repo: "${REPO}" };
      const stored = async () => (await engine.listModels()).stored;
      const load = (options) => told(engine.load(repo, options));
      Object.assign(window, { told, begin, load, stored, repo });
    `,
  });
});
after(async () => {
  await stage.close();
  await hub.close();
  rmSync(SEEDED, { recursive: true });
});
beforeEach(() => {
  hub.fault = () => undefined;
  hub.served.clear();
});

for (const store of ["opfs", "cache", "memory"]) {
  describe(`with models kept in ${store}`, () => {
    beforeEach(() => inPage(`begin({ store: "${store}" })`));
    afterEach(() => inPage("engine.dispose()"));

    test("a repository is fetched, quantized and run", async () => {
      const { value, message } = await inPage("load()");
      assert.ok(value, message);
      assert.equal(value.dtype, "q8_0");
      const [model] = await inPage("stored()");
      assert.deepEqual([model.complete, model.name, model.source], [true, "tiny", { repo: REPO }]);
      assert.equal((await inPage(`engine.embedTexts(["a cat"])`)).length, 1);
    });

    test("the second time nothing is asked of the network", async () => {
      await inPage("load()");
      const hash = await inPage("engine.modelHash()");
      hub.fault = () => ({ status: 500 });
      assert.ok((await inPage("load()")).value);
      assert.equal(await inPage("engine.modelHash()"), hash);
    });

    test("a deleted model is gone", async () => {
      await inPage("load()");
      const [{ key }] = await inPage("stored()");
      await inPage(`engine.deleteModel(${JSON.stringify(key)})`);
      assert.deepEqual(await inPage("stored()"), []);
    });

    test("a broken connection goes on where it broke", async () => {
      await inPage("load()");
      const hash = await inPage("engine.modelHash()");
      await inPage(`stored().then(([{ key }]) => engine.deleteModel(key))`);
      hub.served.clear();
      let cuts = 4;
      hub.fault = (file) => (file === "model.safetensors" && cuts-- > 0 ? { cut: 50_001 } : undefined);
      assert.ok((await inPage("load()")).value);
      assert.equal(await inPage("engine.modelHash()"), hash);
    });
  });
}

for (const [kind, repo] of [
  ["OpenCLIP's", OPEN_CLIP],
  ["OpenCLIP's with a Perception Encoder", PERCEPTION_ENCODER],
  ["OpenCLIP's with a MobileCLIP", MOBILE_CLIP],
]) {
  test(`a repository of ${kind} becomes the command line's file, byte for byte`, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "clip-wasm-cli-"));
    const file = path.join(folder, "open.gguf");
    await inPage("begin()");
    try {
      const { value, message } = await inPage(`told(engine.load({ repo: "${repo}" }))`);
      assert.ok(value, message);
      const theirs = await commandLine(["quantize", repo, "--dtype", "q8_0", "-o", file], hub.url);
      assert.equal(await inPage("engine.modelHash()"), theirs.sha256);
      const ours = await inPage(`engine.embedTexts(["a cat"]).then(([embedding]) => [...embedding])`);
      const native = await commandLine(["embed", "--model", file, "--text=a cat"]);
      assert.deepEqual(ours, [...Float32Array.from(native.text_embeds[0])]);
    } finally {
      await inPage("engine.dispose()");
      rmSync(folder, { recursive: true });
    }
  });
}

test("a repository with a Perception Encoder's archive alone is refused, and the one with the same weights is named", async () => {
  await inPage("begin()");
  const { code, message } = await inPage(`told(engine.load({ repo: "${ARCHIVE}" }))`);
  await inPage("engine.dispose()");
  assert.equal(code, "missing-file", message);
  assert.match(message, /PE-Core-S16-384\.pt is there.*; use timm\/PE-Core-S-16-384/);
});

describe("the command line", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "clip-wasm-cli-"));
  after(() => rmSync(folder, { recursive: true }));

  /** @param {string} dtype @param {string} file @returns {Promise<string | undefined>} its hash; nothing after a failure */
  const quantize = async (dtype, file) =>
    (await commandLine(["quantize", REPO, "--dtype", dtype, "-o", path.join(folder, file)], hub.url))?.sha256;

  /** Breaks the connection within the weights, and then refuses. */
  function breakOff() {
    let answers = 0;
    hub.fault = (file) => (file === "model.safetensors" ? (answers++ ? { status: 404 } : { cut: 150_000 }) : undefined);
  }

  test("takes up what an earlier run left", async () => {
    const whole = await quantize("q8_0", "whole.gguf");
    breakOff();
    assert.equal(await quantize("q8_0", "parts.gguf"), undefined);
    assert.ok(existsSync(path.join(folder, "parts.gguf.state")));
    hub.fault = () => undefined;
    hub.served.clear();
    assert.equal(await quantize("q8_0", "parts.gguf"), whole);
    assert.ok((hub.served.get("model.safetensors") ?? 0) < 200_000, `${hub.served.get("model.safetensors")} bytes again`);
    assert.ok(!existsSync(path.join(folder, "parts.gguf.state")));
  });

  test("begins anew where that was of another type", async () => {
    const whole = await quantize("q4_0", "whole.gguf");
    breakOff();
    assert.equal(await quantize("q8_0", "parts.gguf"), undefined);
    hub.fault = () => undefined;
    assert.equal(await quantize("q4_0", "parts.gguf"), whole);
  });
});

describe("a hub that does not let everybody read", () => {
  afterEach(() => inPage("engine.dispose()"));
  const withToken = (/** @type {string} */ token) => begin(`{ store: "memory", token: ${JSON.stringify(token)} }`);
  const begin = (/** @type {string} */ options) => inPage(`begin(${options})`);

  test("a gated repository says that a token is missing, and opens with one, which goes to the hub alone and is kept nowhere", async () => {
    hub.fault = (_file, { headers }) => (headers.authorization === "Bearer hf_right" ? undefined : { status: 401 });
    await begin(`{ store: "memory" }`);
    const refused = await inPage("load()");
    assert.equal(refused.code, "no-access", refused.message);
    assert.match(refused.message, /gated, private, or not there; pass a token/);
    await inPage("engine.dispose()");
    await withToken("hf_right");
    const { value, message } = await inPage("load()");
    assert.equal(value?.name, "tiny", message);
    assert.doesNotMatch(JSON.stringify(await inPage("stored()")), /hf_right/);
  });

  test("a token that may not read it is told apart from none", async () => {
    hub.fault = () => ({ status: 403 });
    await withToken("hf_wrong");
    const { code, message } = await inPage("load()");
    assert.equal(code, "no-access", message);
    assert.match(message, /the token has no access to it/);
  });

  test("a hub that is asked too often is told as that", async () => {
    hub.fault = () => ({ status: 429 });
    await begin(`{ store: "memory" }`);
    const { code, message } = await inPage("load()");
    assert.equal(code, "rate-limited", message);
    assert.match(message, /too many requests/);
  });
});
