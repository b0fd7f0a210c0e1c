// @ts-check
/**
 * Models that are too large for the device: told before anything is downloaded, or, where memory runs out on the way,
 * survived by another worker with the model before.
 */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serveHub } from "./hub.mjs";
import { openStage } from "./stage.mjs";

const TWIN = "tests/golden/models/gelu";
const HUGE = mkdtempSync(path.join(tmpdir(), "clip-wasm-huge-"));

/** @type {import("./stage.mjs").Stage} */
let stage;
/** @type {import("./hub.mjs").Hub} */
let hub;

before(async () => {
  cpSync(TWIN, HUGE, { recursive: true });
  const config = JSON.parse(readFileSync(path.join(TWIN, "config.json"), "utf8"));
  Object.assign(config.vision_config, { hidden_size: 8192, intermediate_size: 32768, num_hidden_layers: 64 });
  writeFileSync(path.join(HUGE, "config.json"), JSON.stringify(config));
  hub = await serveHub({ "someone/huge": HUGE });
  stage = await openStage({
    connect: hub.url,
    script: `
      import { EngineClient } from "/pkg/engine/client/engine-client.js";
      const engine = await EngineClient.start({ models: "/models", hub: "${hub.url}", flavour: "simd", store: "memory" });
      const lost = [];
      engine.addEventListener("lost", ({ detail }) => lost.push(detail.message));
      await engine.load({ id: "everyday-clip" });
      const told = (promise) => promise.then(() => "loaded", ({ code, message }) => ({ code, message }));
      /** A GGUF file of one tensor that is larger than any allocation of 32 bits; 64 MB of it lie in memory. */
      const endless = () => {
        const text = (name) => [...number(name.length, 8), ...new TextEncoder().encode(name)];
        const number = (value, bytes) => Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
        const values = 6e8;
        const head = [71, 71, 85, 70, ...number(3, 4), ...number(1, 8), ...number(0, 8),
          ...text("t"), ...number(1, 4), ...number(values, 8), ...number(0, 4), ...number(0, 8)];
        while (head.length % 32) head.push(0);
        const piece = new Blob([new Uint8Array(1 << 26)]);
        return new Blob([new Uint8Array(head), ...Array.from({ length: Math.ceil((4 * values) / piece.size) }, () => piece)]);
      };
      Object.assign(window, { engine, lost, told, endless });
    `,
  });
});
after(async () => {
  await stage?.close();
  await hub?.close();
  rmSync(HUGE, { recursive: true });
});

/** @param {string} expression */
const inPage = (expression) => stage.inPage(expression);

test("a model that no memory holds is refused before its weights are fetched", async () => {
  const { code, message } = await inPage(`told(engine.load({ repo: "someone/huge" }))`);
  assert.equal(code, "too-large", message);
  assert.match(message, /takes [\d.]+ GB of memory to load, .* 4\.3 GB/);
  assert.equal(hub.served.get("model.safetensors"), undefined);
  assert.deepEqual(await inPage("engine.listModels().then(({ stored }) => stored)"), []);
});

test("where memory runs out, another worker has the model before", async () => {
  const before = await inPage("engine.modelHash()");
  const { code, message } = await inPage("told(engine.load({ file: endless() }))");
  assert.equal(code, "out-of-memory", message);
  assert.equal(await inPage("engine.modelHash()"), before);
  assert.equal((await inPage(`engine.embedTexts(["a cat"])`)).length, 1);
  assert.deepEqual(await inPage("lost"), []);
});
