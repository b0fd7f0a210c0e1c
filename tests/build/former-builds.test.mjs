// @ts-check
/** A build whose name is none of today's is removed: nobody serves or packs what an earlier version made. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";

const FUNCTIONS = path.resolve("tools/build/flavours.sh");

/** @param {string[]} builds that are in `pkg` beside sources @returns {string[]} what is left */
function leftOf(builds) {
  const folder = mkdtempSync(path.join(os.tmpdir(), "former-"));
  try {
    mkdirSync(path.join(folder, "pkg", "engine"), { recursive: true });
    writeFileSync(path.join(folder, "pkg", "index.js"), "");
    for (const build of builds) {
      mkdirSync(path.join(folder, "pkg", build));
      writeFileSync(path.join(folder, "pkg", build, "clip_wasm_bg.wasm"), "");
    }
    execFileSync("bash", ["-euc", `source "${FUNCTIONS}"; remove_former_builds`], { cwd: folder });
    return readdirSync(path.join(folder, "pkg")).sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("a build of a former name is removed, and nothing else", () => {
  assert.deepEqual(leftOf(["simd", "lab", "lab-threads", "research-threads"]), ["engine", "index.js", "research-threads", "simd"]);
});

test("a package folder without a build is left as it is", () => {
  assert.deepEqual(leftOf([]), ["engine", "index.js"]);
});
