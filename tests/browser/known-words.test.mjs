// @ts-check
/** What the page says of labels whose words a model may not know, in Node: the records are read from the folder. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";

/** What the page asks its host for comes from the folder. @type {typeof fetch} */
globalThis.fetch = async (address) => {
  const at = new URL(String(address), new URL("../../", import.meta.url));
  return new Response(await readFile(at, "utf8").catch(() => null), { status: 200 });
};
const { wordsOf } = await import("../../www/state/words-of.js");
const { caveats } = await import("../../www/views/classify/caveats.js");

const FOREIGN = ["собака", "dog"];
/** @param {import("../../www/state/words-of.js").KnownWords["languages"] | null} languages @param {string[]} labels */
function notes(languages, labels = FOREIGN) {
  const shown = { picture: { decoder: "rust" }, question: { labels, mode: "softmax" }, info: { name: "A model" }, borrowed: null, words: { untaught: [], drawn: [], languages } };
  return caveats(/** @type {any} */ (shown)).map(({ text }) => text);
}

test("a record's model that was taught in many languages is not said to know English only", async () => {
  const { languages } = await wordsOf({ id: "siglip2-base-16" });
  assert.equal(languages, "many");
  assert.deepEqual(notes(languages), []);
});

test("a record's model without many languages is said to have learnt from English text", async () => {
  const { languages } = await wordsOf({ id: "openai-vit-b-32" });
  assert.match(notes(languages).join(), /A model was trained on English text.*собака/);
});

test("of a model without a record, nothing is claimed that is not known", async () => {
  const { languages, names } = await wordsOf({ repo: "owner/name" });
  assert.equal(names, null);
  assert.match(notes(languages).join(), /If A model was/);
});

test("nothing is said of languages before the record is read, and nothing of labels in Latin script", () => {
  assert.deepEqual(notes(null), []);
  assert.deepEqual(notes("english", ["chien", "dog"]), []);
});
