// @ts-check
/**
 * The calls that transformers.js's documentation and tests make for CLIP, with another import: shapes, key names, and what is
 * refused. They run in Node, through `clip-wasm/node`, whose pipelines are those of the page; a hub of this machine's has a small
 * checkpoint under the name of the authors' repository.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { EngineCalls } from "../../pkg/engine/client/engine-calls.js";
import { cos_sim, env, pipeline, Tensor } from "../../pkg/node.js";
import { CALLS, differences, outcome, textEmbeddings } from "../package/side-by-side/calls.mjs";
import { given, ours, TOLERANCE } from "../package/side-by-side/setting.mjs";
import { serveHub } from "./hub.mjs";

const AUTHORS = "openai/clip-vit-base-patch32";
/** Which holds ONNX alone: tutorials name it. */
const CONVERTED = "Xenova/clip-vit-base-patch32";
const [IMAGE, OTHER] = ["tests/browser/pictures/scene.png", "tests/browser/pictures/scene.webp"];

/** @type {import("./hub.mjs").Hub} */
let hub;
/** @type {string[]} what was told on the console */
const lines = [];
const { info } = console;

before(async () => {
  hub = await serveHub({ [AUTHORS]: "tests/golden/models/quick-gelu" });
  console.info = (line) => lines.push(line);
});
after(async () => {
  console.info = info;
  await hub.close();
});
beforeEach(() => (hub.fault = () => undefined));

/** @param {object} [options] */
const open = (options) => pipeline("zero-shot-image-classification", AUTHORS, { hub: hub.url, ...options });

/** @param {Promise<unknown>} promise @returns {Promise<{ code: string, message: string }>} */
const refusal = (promise) => promise.then(() => assert.fail("it was not refused"), (error) => error);

test("zero-shot image classification of one image and of several, by an id that tutorials use", async () => {
  const classifier = await pipeline("zero-shot-image-classification", CONVERTED, { hub: hub.url });
  const one = await classifier(IMAGE, ["tiger", "horse", "dog"]);
  const many = await classifier([IMAGE, OTHER], ["tiger", "horse", "dog"], { hypothesis_template: "This is a photo of {}" });
  const list = await classifier(IMAGE, "tiger, horse, dog");
  await classifier.dispose();
  assert.deepEqual(one.map((score) => Object.keys(score).sort().join()), Array(3).fill("label,score"));
  assert.deepEqual(one.map(({ label }) => label).sort(), ["dog", "horse", "tiger"]);
  assert.ok(one[0].score >= one[1].score && one[1].score >= one[2].score);
  assert.deepEqual(many.map(({ length }) => length), [3, 3]);
  assert.deepEqual(list, one);
  assert.equal(lines.filter((line) => line.includes(AUTHORS)).length, 1, "where its weights come from is told");
});

test("image feature extraction gives a tensor with a row for each image", async () => {
  const extractor = await pipeline("image-feature-extraction", CONVERTED, { hub: hub.url, dtype: "fp32" });
  const one = await extractor(IMAGE);
  const many = await extractor([IMAGE, OTHER]);
  await extractor.dispose();
  assert.deepEqual([one.dims, one.type, one.size, one.data.length], [[1, 32], "float32", 32, 32]);
  assert.deepEqual(many.dims, [2, 32]);
  const [first, second] = many;
  assert.deepEqual(first.data, one.data, "alone or with others");
  assert.ok(cos_sim(first, second) > 0.99);
  assert.equal(lines.length, 1, "and only once");
});

test("feature extraction of texts, with a revision, a dtype, a device, and rows of unit length", async () => {
  const extractor = await pipeline("feature-extraction", AUTHORS, { hub: hub.url, revision: "main", device: "wasm", dtype: "q8" });
  const output = await extractor(["a photo of a cat", "a photo of a dog"], { normalize: true });
  await extractor.dispose();
  assert.deepEqual(output.dims, [2, 32]);
  for (const row of output.tolist()) assert.ok(Math.abs(Math.hypot(...row) - 1) < 1e-6);
});

test("options that have no meaning here are refused by name, with what there is instead", async () => {
  for (const option of ["cache_dir", "local_files_only", "session_options", "subfolder", "model_file_name", "quantized", "no_such"]) {
    const { code, message } = await refusal(open({ [option]: true }));
    assert.equal(code, "option");
    assert.match(message, new RegExp(`"${option}".*dtype, device, revision`));
  }
  assert.equal((await refusal(open({ device: "webgpu" }))).code, "device");
  assert.equal((await refusal(open({ dtype: "bnb4" }))).code, "dtype");
});

test("a repository that is gated asks for a token, and opens with the right one", async () => {
  hub.fault = (_file, { headers }) => (headers.authorization === "Bearer hf_right" ? undefined : { status: 401 });
  const without = await refusal(open());
  const wrong = await refusal(open({ token: "hf_wrong" }));
  assert.deepEqual([without.code, wrong.code], ["no-access", "no-access"]);
  assert.notEqual(without.message, wrong.message);
  const classifier = await open({ token: "hf_right" });
  assert.equal(classifier.model.name, "clip-vit-base-patch32");
  await classifier.dispose();
});

test("a hub that is asked too often is told as that", async () => {
  hub.fault = () => ({ status: 429 });
  assert.equal((await refusal(open())).code, "rate-limited");
});

describe("a call of transformers.js's documentation and tests has its shape, key names, order, types and values:", async () => {
  /** What `@huggingface/transformers` gave: node tests/package/side-by-side/compare.mjs --write. */
  const { calls } = JSON.parse(readFileSync("tests/package/side-by-side/transformers.json", "utf8"));
  /** @type {Awaited<ReturnType<typeof ours>>} */
  let setting;
  before(async () => void (setting = await ours()));
  after(() => setting.close());

  /** @type {Pick<import("../package/side-by-side/calls.mjs").Call, "name" | "call" | "scores">[]} */
  const all = [...CALLS, { name: "the embeddings of texts", call: textEmbeddings }];
  assert.deepEqual(all.map(({ name }) => name), Object.keys(calls));
  for (const { name, call, scores } of all)
    test(name, async () => {
      const found = await outcome(() => call(given(setting.lib)));
      assert.deepEqual(differences(calls[name], found, scores === false ? Infinity : TOLERANCE), []);
    });
});

test("env takes what means something here, and says for any other setting what there is instead", () => {
  env.allowLocalModels = false;
  assert.throws(() => (env.allowLocalModels = /** @type {any} */ (true)), { code: "option", message: /GGUF/ });
  assert.throws(() => (env.remoteHost = "hub"), { code: "option", message: /"hub"/ });
  assert.throws(() => (/** @type {any} */ (env).backends.onnx.wasm.numThreads = 1), { code: "option", message: /"backends".*threads is an option/ });
  assert.throws(() => (/** @type {any} */ (env).noSuch = 1), { code: "option", message: /"noSuch".*remoteHost/ });
});

test("a tensor is refused that is none, and what it cannot do is told", () => {
  /** @type {Tensor & Record<number, Tensor>} */
  const tensor = /** @type {any} */ (new Tensor("float32", [3, 4, 0, 2], [2, 2]));
  assert.deepEqual(tensor.normalize().tolist().flat().map((value) => Math.fround(value)), [0.6, 0.8, 0, 1].map(Math.fround));
  assert.deepEqual([tensor[1].data, tensor[2]], [Float32Array.of(0, 2), undefined]);
  assert.throws(() => tensor.item(), { code: "vector" });
  assert.throws(() => tensor.normalize(1), { code: "option" });
  assert.throws(() => new Tensor("float32", [1], [2]), { code: "vector" });
});

test("a model is taken by the path of its file", async () => {
  for (const model of ["pkg/models/everyday-clip.gguf", "./pkg/models/everyday-clip.gguf", new URL("../../pkg/models/everyday-clip.gguf", import.meta.url).href]) {
    const extract = await pipeline("embeddings", model);
    assert.deepEqual((await extract("a cat")).dims, [1, 384]);
    await extract.dispose();
  }
});

test("an engine that cannot start ends its worker", async () => {
  /** @type {string[]} */
  const asked = [];
  class Refusing extends EventTarget {
    /** @param {{ id: number, kind: string }} message */
    postMessage({ id, kind }) {
      asked.push(kind);
      if (kind !== "start") return;
      const data = { id, kind: "failed", payload: { name: "Error", code: "no-simd", message: "no SIMD" } };
      queueMicrotask(() => this.dispatchEvent(new MessageEvent("message", { data })));
    }
    terminate() {
      asked.push("terminate");
    }
  }
  class Old extends EngineCalls {
    static startWorker = () => /** @type {any} */ (new Refusing());
  }
  await assert.rejects(Old.start(), { code: "no-simd" });
  assert.deepEqual(asked, ["start", "end"], "and is ended from outside half a second later, if it does not hear");
});
