// @ts-check
/** What a first visit costs, measured on the folder that `./build.sh dist` makes. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { firstAnswerFiles } from "../../tools/first-answer.mjs";

const FOLDER = "target/browser-tests/page";
/**
 * Bytes of JavaScript, uncompressed: the page, the engine around the WebAssembly, and one build's bindings. The last 3,000 were added
 * for what the page says of words that the model does not know, and of labels that were written for another picture.
 */
const MOST_SCRIPT = 203_000;
/** Bytes of the engine, compressed by gzip: its scripts, and one build with its bindings. */
const MOST_ENGINE = 1_200_000;
/** Bytes more, once a tab of research is opened. */
const MOST_RESEARCH = 86_000;
const RESEARCH = /^www\/views\/(dataset|robustness|bias|research)\/(?!research-tabs)|^pkg\/engine\/research\//;
/** No part of a visit: the component gallery, and what the browser keeps as part of the service worker. */
const NOT_LOADED = /^www\/(?:gallery|offline\/(?:precache|service-worker|development))\.js$/;

/** The sizes of the page's scripts and of the engine's, by name. */
function scripts() {
  const names = ["www", "pkg/engine"].flatMap((part) =>
    readdirSync(`${FOLDER}/${part}`, { recursive: true, encoding: "utf8" }).map((name) => `${part}/${name}`),
  );
  const loaded = names.filter((name) => name.endsWith(".js") && !NOT_LOADED.test(name));
  return loaded.map((name) => ({ name, bytes: readFileSync(`${FOLDER}/${name}`).length }));
}

/** @param {string} file */
const gzip = (file) => execFileSync("gzip", ["-9c", file], { maxBuffer: 1 << 24 });

/** @param {{ bytes: number }[]} files */
const sum = (files) => files.reduce((total, { bytes }) => total + bytes, 0);

test("the scripts that are shipped stay within their budget", (t) => {
  const page = scripts().filter(({ name }) => !RESEARCH.test(name));
  const bytes = sum(page) + readFileSync(`${FOLDER}/pkg/simd/clip_wasm.js`).length;
  t.diagnostic(`${bytes} bytes of JavaScript in ${page.length + 1} files`);
  assert.ok(bytes <= MOST_SCRIPT, `${bytes} bytes, at most ${MOST_SCRIPT}`);
});

test("so do those of the research tabs, which are fetched when one of them is opened", (t) => {
  const bytes = sum(scripts().filter(({ name }) => RESEARCH.test(name)));
  t.diagnostic(`${bytes} bytes of JavaScript`);
  assert.ok(bytes > 0 && bytes <= MOST_RESEARCH, `${bytes} bytes, at most ${MOST_RESEARCH}`);
});

for (const build of ["simd", "relaxed", "simd-threads", "relaxed-threads"]) {
  test(`so does the engine, of which a first visit fetches one build: ${build}`, (t) => {
    const bytes = firstAnswerFiles(build).reduce((sum, name) => sum + gzip(`${FOLDER}/${name}`).length, 0);
    t.diagnostic(`${bytes} bytes, compressed`);
    assert.ok(bytes <= MOST_ENGINE, `${bytes} bytes, at most ${MOST_ENGINE}`);
  });
}
