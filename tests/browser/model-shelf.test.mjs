// @ts-check
/** What the page's list of models says of time and order, in Node: pure functions of what the engine reports. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
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

test("a record of a model on a hub says everything that the list shows before a download", () => {
  /** @param {string} name */
  const read = (name) => JSON.parse(readFileSync(`models/${name}.json`, "utf8"));
  const onHub = read("index").map(read).filter((/** @type {any} */ { source }) => source.repo);
  assert.ok(onHub.length > 5);
  for (const { id, license, source, bytes, sizes, gmacs, attention_gmacs, published, published_by } of onHub) {
    assert.match(source.revision ?? "", /^[0-9a-f]{40}$/, `${id}: the commit`);
    assert.ok(license && published_by, `${id}: licence, and where its accuracy is published`);
    for (const size of [bytes ?? sizes.f32, sizes.q8_0, sizes.q4_0]) assert.ok(size > 1e6, `${id}: sizes`);
    assert.ok(gmacs > 0 && attention_gmacs > 0, `${id}: products of a picture`);
    assert.ok(published["imagenet zero-shot: top-1"] > 0.3, `${id}: accuracy`);
  }
});
