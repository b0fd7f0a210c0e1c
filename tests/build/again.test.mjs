// @ts-check
/** What a build does where there is nothing to do. Runs after a build. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { test } from "node:test";

/** Seconds; a build of all takes minutes. */
const MOST = 15;
const BUILDS = ["simd", "relaxed", "research", "simd-threads", "relaxed-threads", "research-threads"];
const written = () => BUILDS.map((build) => statSync(`pkg/${build}/clip_wasm_bg.wasm`).mtimeMs);

test(`a second build with nothing changed makes nothing again, within ${MOST} seconds`, (t) => {
  const [before, begun] = [written(), performance.now()];
  execFileSync("./build.sh", ["build"], { stdio: "pipe" });
  const seconds = (performance.now() - begun) / 1000;
  t.diagnostic(`${seconds.toFixed(1)} s`);
  assert.deepEqual(written(), before);
  assert.ok(seconds <= MOST, `${seconds.toFixed(1)} s`);
});
