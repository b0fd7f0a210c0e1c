// @ts-check
/** How the page reads what people write and words what it found: pure modules, run without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { besideDemo } from "../../www/state/demo.js";
import { fragment } from "../../www/state/url-fragment.js";
import { listOf, readLabels } from "../../www/state/label-lines.js";
import { numberText } from "../../www/state/number-text.js";
import { sentence } from "../../www/state/sentence.js";
import { readTemplates } from "../../www/state/template-lines.js";

test("settings survive the way into an address and back", () => {
  const settings = {
    labels: "a & b\nc=d\n100 % #1",
    templates: "{} + {}\na {}",
    mode: /** @type {const} */ ("independent"),
    sample: "a b.webp",
    tab: "model",
    model: { name: "owner/name", revision: "0123abcd", dtype: "q4_0", sha256: "f".repeat(64) },
  };
  assert.deepEqual(fragment.parse(fragment.format(settings)).settings, settings);
});

test("settings as at the start leave the address empty", () => {
  assert.equal(fragment.format({ labels: null, templates: null, mode: null, sample: null, tab: null, model: null }), "");
});

test("an address of other people's making is taken as far as it makes sense", () => {
  assert.deepEqual(fragment.parse("#mode=loudest&label=a%0Ab&nonsense&sha256=12&100%").settings, { labels: "a b" });
  assert.equal(fragment.parse("#model=m&sha256=12").settings.model?.sha256, null);
});

test("a path of demo.json may have signs in it that addresses give a meaning", () => {
  const ends = (/** @type {string} */ path) => besideDemo(path).href.split("/").slice(-2).join("/");
  assert.equal(ends("pictures/100%.png"), "pictures/100%25.png");
  assert.equal(ends("pictures/a b#1?.png"), "pictures/a%20b%231%3F.png");
  assert.equal(ends("pictures/a%20b.png"), "pictures/a%20b.png");
});

test("labels are trimmed, and told once each", () => {
  const { labels, problems } = readLabels(" cat \n\ndog\ncat\n");
  assert.deepEqual(labels, ["cat", "dog"]);
  assert.deepEqual(
    problems.map(({ line, blocking }) => [line, blocking]),
    [
      [2, false],
      [4, false],
    ],
  );
});

test("a label that is too long is refused by its line, and the others stand", () => {
  const { labels, problems } = readLabels(`cat\n${"x".repeat(257)}`);
  assert.deepEqual(labels, ["cat"]);
  assert.equal(problems[0].message, "Line 2 has 257 characters; the limit is 256.");
});

test("a line with commas between short parts is a list, a sentence with a comma is none", () => {
  assert.deepEqual(listOf("saxophone, trumpet, guitar,piano,"), ["saxophone", "trumpet", "guitar", "piano"]);
  assert.deepEqual(listOf("a dog that lies on a red carpet beside its owner, who reads"), []);
  assert.deepEqual(listOf("dog"), []);
});

test("no label at all is refused", () => {
  assert.equal(readLabels(" \n ").problems[0].blocking, true);
});

test("a template says where the label goes, in either spelling", () => {
  assert.deepEqual(readTemplates("a {c}\n{}\na {}"), { templates: ["a {}", "{}"], problems: [] });
  assert.match(readTemplates("a photo").problems[0].message, /\{\}/);
  assert.equal(readTemplates("\n").problems.length, 1);
});

test("a share is never rounded to a certainty that is not there", () => {
  assert.equal(numberText.percent(0.99996), ">99.9");
  assert.equal(numberText.percent(0.00004), "<0.1");
  assert.equal(numberText.percent(1), "100.0");
  assert.equal(numberText.percent(0), "0.0");
  assert.equal(numberText.percent(0.1234), "12.3");
});

test("bytes are told in the unit that reads well", () => {
  assert.deepEqual([999, 7_123_456, 1.2e9].map(numberText.bytes), ["999 bytes", "7.12 MB", "1.2 GB"]);
});

test("a failure is worded as a sentence", () => {
  assert.equal(sentence(new Error("the file is empty")), "The file is empty.");
  assert.equal(
    sentence(new Error("https://example.org/m.gguf answered 404")),
    "https://example.org/m.gguf answered 404.",
  );
  assert.equal(sentence("Already one."), "Already one.");
});
