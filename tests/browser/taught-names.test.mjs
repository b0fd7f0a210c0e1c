// @ts-check
/** The page's test for names that a model was never taught, on 200 inside and 200 outside its list. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { TaughtNames } from "../../www/state/taught-names.js";
import { PRESETS } from "../../www/views/classify/presets.js";
import { EMBEDDED } from "./embedded.mjs";

const list = readFileSync(`models/${EMBEDDED.names}`);
const names = new TaughtNames(list.toString());
/** @type {{ inside: [string, string][], outside: [string, string][] }} */
const drawn = JSON.parse(readFileSync(new URL("taught-names.json", import.meta.url), "utf8"));

test("of 200 names that were taught at most 2 are called unknown, of 200 others at most 6 are called known", (t) => {
  const refused = drawn.inside.filter(([, label]) => !names.has(label));
  const taken = drawn.outside.filter(([, label]) => names.has(label));
  t.diagnostic(`called unknown: ${refused.length} of 200 (${refused.map(([, label]) => label).join("; ")})`);
  t.diagnostic(`called known: ${taken.length} of 200 (${taken.map(([, label]) => label).join("; ")})`);
  assert.ok(refused.length <= 2 && taken.length <= 6);
});

test("a taught name is known in the plural, with articles, in capitals, and within a caption", () => {
  const written = ["Dogs", "the DOG", "a photo of a dog.", "three dogs", "a pair of shoes", "slices of pizza", "slice of pizza", "a small dog on a red background", "cat and dog", "children", "wolves", "butterflies", "ice-cream", "t shirt", "“dog”", "car on a yellow background", "a line drawing of a cat", "dog at the top left"];
  assert.deepEqual(names.missing(written), []);
});

test("a name that was never taught is told, whatever is around it", () => {
  const written = ["capybara", "two capybaras", "a photo of a capybara.", "Eiffel Tower", "dog and capybara", "the narwhal on a blue background"];
  assert.deepEqual(names.missing(written), written);
});

test("a name that is true of no concept with photographs is known only from drawings, in any form of it", () => {
  const drawn = ["badminton", "chess", "wrestling", "bamboo", "a photo of a happy face", "dog and badminton"];
  const photographed = ["dog", "sailboat", "two cats", "cricket", "copter", "harbour with boats", "fish and chips"];
  assert.deepEqual(names.drawn([...drawn, ...photographed, "capybara", "capybara and badminton"]), drawn);
});

test("the list of names is at most 33 kB when it is compressed", () => {
  assert.ok(gzipSync(list, { level: 9 }).length <= 33_000);
});

test("every preset and every sample of the page is made of names that the model was taught", () => {
  const { labels } = PRESETS;
  /** @type {{ labels: string[] }[]} */
  const samples = JSON.parse(readFileSync("www/samples/samples.json", "utf8"));
  assert.deepEqual(names.missing([...labels.flatMap(({ lines }) => lines), ...samples.flatMap((sample) => sample.labels)]), []);
  const ofPhotographs = labels.filter(({ id }) => id !== "faces" && id !== "sky");
  assert.deepEqual(names.drawn(ofPhotographs.flatMap(({ lines }) => lines)), []);
});
