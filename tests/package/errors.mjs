// @ts-check
/** What cannot work, with the packed package: each is an error with a code and a sentence, and no worker is left behind. */
import assert from "node:assert/strict";
import { copyFileSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { serveHub } from "../browser/hub.mjs";
import { host } from "./host.mjs";
/** @import { Browser, Page } from "playwright-core" */

const CHECKPOINT = "tests/golden/models/quick-gelu";
const TASK = `"zero-shot-image-classification"`;

/** By what is wrong: the call, its code, and what its sentence says. @type {Record<string, [string, string, RegExp]>} */
const CASES = {
  "an unknown option": [`pipeline(${TASK}, "someone/there", { cache_dir: "x", hub })`, "option", /no option "cache_dir".*The options are dtype/],
  "an unknown option of the call": [`open((classify) => classify(image, ["a"], { treshold: 1 }))`, "option", /no option "treshold".*hypothesis_template/],
  "an unknown setting": [`(async () => (env.cacheDir = "x"))()`, "option", /env has no "cacheDir"/],
  "an unknown task": [`pipeline("text-generation")`, "task", /"text-generation".*zero-shot/],
  "an unknown model": [`pipeline(${TASK}, "no-such-model")`, "unknown-model", /no-such-model/],
  "a missing repository": [`pipeline(${TASK}, "someone/missing", { hub })`, "download", /someone\/missing.*404/],
  "a gated repository": [`pipeline(${TASK}, "someone/gated", { hub })`, "no-access", /gated.*token/],
  "a gated repository with another's token": [`pipeline(${TASK}, "someone/gated", { hub, token: "hf_wrong" })`, "no-access", /token has no access/],
  "too many requests": [`pipeline(${TASK}, "someone/busy", { hub })`, "rate-limited", /429|too many/],
  "no network": [`pipeline(${TASK}, "someone/there", { hub: nobody })`, "download", /cannot be reached|network/],
  "weights of another type": [`pipeline(${TASK}, null, { dtype: "fp16" })`, "dtype", /q5_0.*f16/],
  "a file that is no model": [`pipeline(${TASK}, new Blob(["no model"]))`, "malformed", /./],
  "an image that there is not": [`open((classify) => classify("/nowhere.png", ["a"]))`, "image-download", /nowhere\.png.*404/],
  "a picture that is none": [`open((classify) => classify(new Blob(["no picture"]), ["a"]))`, "image-decode", /./],
  "no labels": [`open((classify) => classify(image, []))`, "no-labels", /./],
};

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>clip-wasm</title>
<script type="module">
import { env, pipeline } from "./node_modules/clip-wasm/index.js";

const image = new URL("/scene.png", location.href);
/** A classifier for one call, whose failure ends it as well. */
async function open(call) {
  const classify = await pipeline(${TASK});
  try {
    await call(classify);
  } finally {
    await classify.dispose();
  }
}
const told = (promise) => promise.then(() => ({}), ({ name, code, message }) => ({ name, code, message }));
Object.assign(globalThis, { env, image, open, pipeline, told });
</script>
</html>
`;

/**
 * @param {string} folder a fresh one with the package from its tarball
 * @param {Browser} browser
 * @returns {Promise<number>} how many cases there were
 */
export async function tryErrors(folder, browser) {
  writeFileSync(path.join(folder, "index.html"), PAGE);
  copyFileSync("tests/browser/pictures/scene.png", path.join(folder, "scene.png"));
  const hub = await serveHub({ "someone/there": CHECKPOINT, "someone/gated": CHECKPOINT, "someone/busy": CHECKPOINT });
  hub.fault = (_file, { url }) => (/gated/.test(`${url}`) ? { status: 401 } : /busy/.test(`${url}`) ? { status: 429, retryAfter: "0" } : undefined);
  const site = await host(folder);
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction("'told' in globalThis");
    await page.evaluate(`Object.assign(globalThis, { hub: "${hub.url}", nobody: "http://127.0.0.1:9" })`);
    for (const [name, [call, code, sentence]] of Object.entries(CASES)) await check(page, name, call, code, sentence);
    await endedWhileTheyStart(page);
    await page.close();
    await withoutSimd(folder, browser);
    return Object.keys(CASES).length + 2;
  } finally {
    await Promise.all([site.close(), hub.close()]);
  }
}

/** @param {Page} page @param {string} name @param {string} call @param {string} code @param {RegExp} sentence */
async function check(page, name, call, code, sentence) {
  const begun = performance.now();
  const error = await page.evaluate(`told(${call})`);
  assert.equal(error.code, code, `${name}: ${error.message}`);
  assert.match(error.message, sentence, name);
  await noWorker(page, name);
  console.log(`    ${name}: ${((performance.now() - begun) / 1000).toFixed(1)} s, ${code}: ${error.message}`);
}

/** Engines whose threads instantiate the module just when there is nothing to load. @param {Page} page */
async function endedWhileTheyStart(page) {
  for (let round = 0; round < 3; round += 1) {
    const calls = Array.from({ length: 6 }, (_, index) => `told(pipeline(${TASK}, "someone/missing-${index}", { hub }))`);
    const errors = await page.evaluate(`Promise.all([${calls.join(", ")}])`);
    assert.deepEqual([...new Set(errors.map((/** @type {{ code: string }} */ { code }) => code))], ["download"]);
    await noWorker(page, "engines that end while they start");
  }
}

/** A worker that is to end may go on for half a second. @param {Page} page @param {string} name */
async function noWorker(page, name) {
  for (const end = performance.now() + 10_000; page.workers().length > 0; await new Promise((resolve) => setTimeout(resolve, 50))) {
    assert.ok(performance.now() < end, `${name}: ${page.workers().length} workers are left`);
  }
}

/** A browser as those before SIMD: the worker's script begins with what it would find there. @param {string} folder @param {Browser} browser */
async function withoutSimd(folder, browser) {
  const old = `${folder}-without-simd`;
  cpSync(folder, old, { recursive: true });
  const worker = path.join(old, "node_modules/clip-wasm/engine/worker/worker.js");
  writeFileSync(worker, `WebAssembly.validate = () => false;\n${readFileSync(worker, "utf8")}`);
  const site = await host(old);
  try {
    const page = await browser.newPage();
    await page.goto(site.url);
    await page.waitForFunction("'told' in globalThis");
    await check(page, "no SIMD", `pipeline(${TASK})`, "no-simd", /SIMD/);
    await page.close();
  } finally {
    await site.close();
  }
}
