// @ts-check
/** What the page's list of models says of time and order, in Node: pure functions of what the engine reports. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { originOf } from "../../pkg/engine/download/download-plan.js";
import { deviceSpeed, shelf } from "../../www/views/model/model-shelf.js";

/** @param {string} kernel @param {number} gmacs @param {boolean} chosen @returns {any} */
const trial = (kernel, gmacs, chosen) => ({ kernel, gmacs, chosen, largest_code: 127 });
const TRIALS = [trial("widening", 10, false), trial("dot", 40, true)];

test("the speed is what the autotuner measured, which was with all threads", () => {
  const speed = deviceSpeed(TRIALS, "q8_0");
  assert.ok(speed && speed.products <= 40 && speed.attention <= 10, JSON.stringify(speed));
});

test("types whose product the autotuner does not measure have no speed", () => {
  for (const dtype of /** @type {const} */ (["f16", "f32"])) assert.equal(deviceSpeed(TRIALS, dtype), undefined);
});

test("a size that a record does not say is taken from q8_0, and sorts among those that are known", () => {
  const records = [
    { id: "large", sizes: { q8_0: 300 }, bytes: 900 },
    { id: "middle", bytes: 200 },
    { id: "small", sizes: { q8_0: 100 } },
  ];
  const told = shelf({ records, stored: [], dtype: "q6_k", inUse: null, need: "small" });
  assert.deepEqual(told.map(({ entry }) => entry.id), ["small", "middle", "large"]);
});

test("a record that names other pixels than before is of another file", () => {
  const source = { repo: "owner/name", revision: "abc" };
  assert.equal(originOf({ source }), "owner/name@abc ");
  assert.notEqual(originOf({ source, preprocessor: "torchvision" }), originOf({ source }));
});
