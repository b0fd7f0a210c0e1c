// @ts-check
/** What the static server says of builds that are still being made, while the page is open already. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { serve } from "../../tools/serve.mjs";

const root = mkdtempSync(path.join(tmpdir(), "clip-wasm-serve-"));
const coming = path.join(root, "coming");
/** @type {{ url: string, close: () => Promise<void> }} */
let site;

before(async () => {
  for (const folder of ["pkg/simd", "coming"]) mkdirSync(path.join(root, folder), { recursive: true });
  writeFileSync(path.join(root, "pkg/simd/clip_wasm.js"), "simd");
  site = await serve({ root, mount: "/a/", coming });
});
after(async () => {
  await site.close();
  rmSync(root, { recursive: true });
});

/** @param {string} build */
const script = (build) => fetch(`${site.url}pkg/${build}/clip_wasm.js`);
/** What a build leaves when it is made. @param {string} build */
function make(build) {
  mkdirSync(path.join(root, "made"));
  writeFileSync(path.join(root, "made/clip_wasm.js"), build);
  renameSync(path.join(root, "made"), path.join(root, "pkg", build));
}

test("requests for a build with a stand-in are sent on to it, and to the build itself once it is there", async () => {
  writeFileSync(path.join(coming, "relaxed"), "simd\n");
  const first = await script("relaxed");
  assert.equal(await first.text(), "simd");
  assert.equal(first.url, `${site.url}pkg/simd/clip_wasm.js`, "so that the script finds its module beside it");
  make("relaxed");
  assert.equal(await (await script("relaxed")).text(), "relaxed", "even before it is said to be there");
});

test("requests for a build without a stand-in wait until it is there", async () => {
  writeFileSync(path.join(coming, "research"), "");
  const asked = script("research");
  assert.equal(await Promise.race([asked, new Promise((resolve) => setTimeout(resolve, 500, "waits"))]), "waits");
  make("research");
  rmSync(path.join(coming, "research"));
  assert.equal(await (await asked).text(), "research");
});

test("and are told when it will not come", async () => {
  writeFileSync(path.join(coming, "research-threads"), "");
  const asked = script("research-threads");
  rmSync(path.join(coming, "research-threads"));
  assert.equal((await asked).status, 404);
});

test("a build of which nothing is said is missing at once", async () => {
  assert.equal((await script("simd-threads")).status, 404);
});
