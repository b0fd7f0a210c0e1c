// @ts-check
/** The list of photographs that nothing was trained on, and what is counted of a model's answers. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readList, tally } from "../../tools/photographs.mjs";

const { sources, photographs } = readList();

test("sixty photographs have 8 to 12 labels each, among them the right one, and an origin at a commit", () => {
  assert.equal(photographs.length, 60);
  assert.equal(new Set(photographs.map(({ sha256 }) => sha256)).size, 60, "each is another");
  for (const { path, source, sha256, answer, labels } of photographs) {
    assert.ok(labels.length >= 8 && labels.length <= 12 && new Set(labels).size === labels.length, path);
    assert.ok(labels.includes(answer), path);
    assert.match(sha256, /^[0-9a-f]{64}$/);
    const { repository, commit, license } = sources[source];
    assert.match(license, /CC0/);
    if (repository) assert.match(commit ?? "", /^[0-9a-f]{40}$/);
    else assert.equal(createHash("sha256").update(readFileSync(path)).digest("hex"), sha256, path);
  }
});

test("of wrong answers the label is named that gives most of them", () => {
  const answer = (/** @type {string} */ label, right = false) => ({
    photograph: photographs[0],
    scores: [{ label, score: 1 }],
    right,
  });
  const told = tally([answer("house"), answer("sea"), answer("house"), answer("cat", true)]);
  assert.deepEqual([told.right, told.all, told.errors, told.magnet], [1, 4, 3, ["house", 2]]);
  assert.ok(told.interval[0] > 0.04 && told.interval[1] < 0.71);
  assert.equal(tally([answer("cat", true)]).magnet, null);
});
