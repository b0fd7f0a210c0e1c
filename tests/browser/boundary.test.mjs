/**
 * Numbers that come from JavaScript into the build `research`: too few, NaN, or of another model are errors with what was found,
 * never a panic, which would end the worker. The build needs no browser; without it these tests are skipped.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { before, test } from "node:test";

const PLACE = new URL("../../pkg/research/", import.meta.url);
/** @type {any} */
let research;

before(async () => {
  const program = await readFile(new URL("clip_wasm_bg.wasm", PLACE)).catch(() => undefined);
  if (!program) return;
  research = await import(new URL("clip_wasm.js", PLACE).href);
  research.initSync({ module: program });
});

/** @param {string} name @param {() => void} body */
function withBuild(name, body) {
  test(name, (context) => (research ? body() : context.skip("there is no build `research`")));
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
