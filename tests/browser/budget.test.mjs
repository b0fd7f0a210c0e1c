// @ts-check
/** What a first visit costs, measured on the folder that `./build.sh dist` makes. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const FOLDER = "target/browser-tests/page";
/** Bytes of JavaScript, uncompressed: the page, the engine around the WebAssembly, and one build's bindings. */
const MOST_SCRIPT = 180_000;
/** No part of a visit: the component gallery, and what the browser keeps as part of the service worker. */
const NOT_LOADED = /^gallery\.js$|precache\.js$/;

test("the scripts that are shipped stay within their budget", (t) => {
  const page = readdirSync(`${FOLDER}/www`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".js") && !NOT_LOADED.test(name))
    .map((name) => `${FOLDER}/www/${name}`);
  const bytes = [...page, `${FOLDER}/pkg/simd/clip_wasm.js`].reduce((sum, file) => sum + readFileSync(file).length, 0);
  t.diagnostic(`${bytes} bytes of JavaScript in ${page.length + 1} files`);
  assert.ok(bytes <= MOST_SCRIPT, `${bytes} bytes, at most ${MOST_SCRIPT}`);
});
