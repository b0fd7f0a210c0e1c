/**
 * Numbers, pixels and texts that come from JavaScript into the builds: too few, NaN, or of another model are errors with what was
 * found, never a panic, which would end the worker. No browser is needed; what is not built is skipped.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";

/** @type {any} */
let research;
/** @type {any} */
let engine;
/** @type {any} with the model that comes with the page */
let model;
/** @type {Float32Array} of a picture by that model */
let embedding;
const PICTURE = await readFile("tests/browser/pictures/scene.png");

before(async () => {
  [research, engine] = await Promise.all(["research", "simd"].map(opened));
  if (!engine) return;
  const file = await readFile("models/everyday-clip.gguf");
  const loader = new engine.ModelLoader(file.length);
  loader.push(file);
  model = loader.finish();
  embedding = model.embed_image(PICTURE).embedding;
});

/** A build, ready to be called; nothing where it is not there. @param {string} name @returns {Promise<any>} */
async function opened(name) {
  const place = new URL(`../../pkg/${name}/`, import.meta.url);
  const program = await readFile(new URL("clip_wasm_bg.wasm", place)).catch(() => undefined);
  if (!program) return undefined;
  const build = await import(new URL("clip_wasm.js", place).href);
  build.initSync({ module: program });
  return build;
}

/** @param {string} name @param {() => void} body */
function withBuild(name, body) {
  test(name, (context) => (research ? body() : context.skip("there is no build `research`")));
}

/** @param {string} name @param {() => void} body */
function withEngine(name, body) {
  test(name, (context) => (engine ? body() : context.skip("there is no build `simd`")));
}

/** @param {() => unknown} call @param {string} code @param {RegExp} message */
function refused(call, code, message) {
  assert.throws(call, (/** @type {any} */ error) => error.code === code && message.test(error.message), `${code} ${message}`);
}

/** An embedding set with one picture of two values. */
function oneEmbedding() {
  const kept = new research.EmbeddingSet(2);
  kept.add(["a.png"], ["cat"], [""], new Float32Array([1, 0]));
  return kept;
}

const labels = (/** @type {number[]} */ ...values) => new research.LabelSet(["cat", "dog"], new Float32Array(values), 100);

withBuild("embeddings of labels with fewer numbers than labels times values are refused", () => {
  refused(() => labels(1, 0, 0), "value-count", /^3 numbers were given for the embeddings of 2 labels/);
  refused(() => labels(), "value-count", /^0 numbers/);
  refused(() => labels(1, 0, Number.NaN, 1), "embedding-value", /NaN at index 0/);
  refused(() => new research.LabelSet([], new Float32Array(), 100), "no-labels", /./);
  refused(() => new research.LabelSet(["cat"], new Float32Array([1, 0]), Infinity), "not-finite", /logit scale is inf/);
});

withBuild("labels of another model's width are refused by everything that measures with them", () => {
  const [kept, narrow, right] = [oneEmbedding(), labels(1, 0), labels(1, 0, 0, 1)];
  const run = kept.evaluate(right, 1);
  const measures = {
    evaluate: () => kept.evaluate(narrow, 1),
    add_template: () => run.add_template("a {}", kept, narrow),
    bias: () => kept.bias(narrow, 1),
    probe: () => kept.probe(narrow, 1),
    namings: () => kept.namings(right, 0, narrow),
    label_sets: () => kept.label_sets(narrow, right),
    association: () => kept.association("cat", "dog", right, narrow, 1),
    trial: () => right.trial(new Float32Array([1]), 0),
  };
  for (const [name, measure] of Object.entries(measures)) {
    refused(measure, "embedding-length", name === "trial" ? /has 1 values/ : /has 1 values, this model's have 2/);
  }
});

withBuild("a robustness run with another number of trials than pictures is refused", () => {
  const trial = { predicted: 0, right: true, score: 0.5 };
  const columns = [{ corruption: "fog", severity: 1, trials: [trial] }];
  refused(() => research.robustness(JSON.stringify([trial, trial]), JSON.stringify(columns), 1), "trial-count", /fog at severity 1 has 1 trials/);
});

const TEMPLATES = ["{}"];
/** Sides of a picture, and how many bytes come with them. */
const SHAPES = /** @type {const} */ ([
  [4, 4, 10, "image-shape"],
  [0, 0, 0, "image-shape"],
  [Number.NaN, 1, 0, "image-shape"],
  [-1, -1, 0, "image-too-large"],
  [2 ** 31, 2 ** 31, 0, "image-too-large"],
]);

withEngine("an embedding of another length, or with what is no number, is not classified", () => {
  const classify = (/** @type {Float32Array} */ values, labels = ["cat", "dog"], templates = TEMPLATES) => () => model.classify(values, labels, templates);
  refused(classify(embedding.subarray(1)), "embedding-length", /has 383 values, this model's have 384/);
  refused(classify(new Float32Array()), "embedding-length", /has 0 values/);
  for (const wrong of [Number.NaN, Infinity]) refused(classify(embedding.map((value, at) => (at === 3 ? wrong : value))), "embedding-value", /at index 3/);
  refused(classify(embedding, []), "no-labels", /./);
  refused(classify(embedding, ["cat"], []), "template", /./);
  refused(classify(embedding, ["cat"], ["no place for it"]), "template", /no \{\}/);
  refused(classify(embedding, /** @type {any} */ ([7])), "not-text", /of type number/);
  refused(() => model.classify(embedding, ["cat"], TEMPLATES, "loudest"), "mode", /loudest/);
  assert.deepEqual(classify(embedding.map(() => 0))().map((/** @type {any} */ { score }) => score), [0.5, 0.5]);
});

withEngine("pixels that are not as many as their sides say are refused", () => {
  for (const [width, height, bytes, code] of SHAPES) {
    refused(() => model.embed_pixels(new Uint8Array(bytes), width, height), code, /pixels/);
    refused(() => model.embed_canvases([new Uint8Array(bytes)], Uint32Array.of(width), Uint32Array.of(height)), code, /pixels/);
    refused(() => model.saliency_of_pixels(new Uint8Array(bytes), width, height, "occlusion"), code, /pixels/);
    if (width === height) refused(() => model.embed_squares([new Uint8Array(bytes)], width), code, /pixels/);
  }
  for (const side of [0, 100_000, 2 ** 32 - 1]) refused(() => model.working_copy(PICTURE, side), side ? "image-too-large" : "image-shape", /pixels/);
  assert.deepEqual(model.embed_images([new Uint8Array()]).failures.map((/** @type {any} */ { code }) => code), ["image-decode"]);
  refused(() => model.saliency(PICTURE, "guess"), "heatmap-method", /guess/);
});

withEngine("pixels together have the bits that each has alone", () => {
  const [width, height] = [40, 30];
  const pictures = [0, 1, 2].map((shift) => Uint8Array.from({ length: width * height * 4 }, (_, at) => (at * 7 + shift * 50) % 256));
  const sides = [width, height].map((side) => new Uint32Array(3).fill(side));
  const together = model.embed_canvases(pictures, sides[0], sides[1]);
  const alone = pictures.map((rgba) => model.embed_pixels(rgba, width, height).embedding);
  assert.deepEqual(together.failures, []);
  assert.deepEqual([...together.embeddings], alone.flatMap((/** @type {Float32Array} */ row) => [...row]));
});

withEngine("label embeddings that are handed back are as many and as long as their labels ask", () => {
  const keep = (/** @type {string[]} */ labels, /** @type {Float32Array} */ values) => () => model.keep_labels(labels, TEMPLATES, values);
  refused(keep(["cat", "dog"], new Float32Array(384)), "value-count", /384 numbers .* 768 are needed/);
  refused(keep(["cat"], new Float32Array(768)), "value-count", /768 numbers .* 384 are needed/);
  refused(keep(["cat"], new Float32Array(384).fill(Number.NaN)), "embedding-value", /NaN at index 0/);
});

withEngine("half of a letter in a text is read as an unknown letter", () => {
  for (const half of ["\ud83d", "a\udc00"]) {
    assert.deepEqual(model.tokenize(half), model.tokenize(half.replace(/[\ud800-\udfff]/, "\ufffd")));
    assert.equal(model.classify(embedding, [half, "dog"], TEMPLATES).length, 2);
  }
});

withEngine("a model that ends too soon, whatever length was expected, is an error, and the engine goes on", () => {
  for (const expected of [-1, Number.NaN, Infinity, 1e300, 0, 100]) {
    const loader = new engine.ModelLoader(expected);
    loader.push(new TextEncoder().encode("GGUF\u0003\0\0\0"));
    refused(() => loader.finish(), "truncated", /truncated/);
  }
  assert.equal(model.embed_image(PICTURE).embedding.length, embedding.length);
});
