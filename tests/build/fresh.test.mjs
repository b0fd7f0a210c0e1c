// @ts-check
/** When a build of the page is taken for what it would be if it were made again. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { beforeEach, afterEach, test } from "node:test";

const TOOL = path.resolve("tools/fresh.mjs");
/** Long ago, in seconds and in milliseconds. */
const WRITTEN = 1000;
const BEGUN = "2000000";
/** @type {string} a project with one source, one output and what Cargo says of them */
let folder;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "clip-wasm fresh-"));
  for (const name of ["tools/bind/src", "src", "pkg"]) mkdirSync(path.join(folder, name), { recursive: true });
  for (const name of ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "tools/bind/src/main.rs", "src/a b.rs"]) put(name, "as it was");
  put("pkg/made.wasm", "made");
  const escaped = folder.replaceAll(" ", "\\ ");
  put("made.d", `${escaped}/made.wasm: ${escaped}/src/a\\ b.rs\n`);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** @param {string} name @param {string} text */
function put(name, text) {
  writeFileSync(path.join(folder, name), text);
  utimesSync(path.join(folder, name), WRITTEN, WRITTEN);
}

/** @param {string[]} words */
const run = (...words) => spawnSync(process.execPath, [TOOL, ...words], { cwd: folder }).status;
const keep = () => assert.equal(run("keep", "simd", "cargo build", BEGUN, "made.d", "pkg/made.wasm"), 0);
const isFresh = (how = "cargo build") => run("check", "simd", how) === 0;

test("a build of which nothing was kept is made", () => assert.equal(isFresh(), false));

test("a build with the same sources by the same command is left", () => {
  keep();
  assert.equal(isFresh(), true);
  assert.equal(isFresh("cargo build --features relaxed"), false, "another command makes another one");
});

for (const name of ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "tools/bind/src/main.rs", "src/a b.rs", "pkg/made.wasm"]) {
  test(`a build is made again where ${name} is another`, () => {
    keep();
    put(name, "changed");
    assert.equal(isFresh(), false);
    put(name, name.startsWith("pkg") ? "made" : "as it was");
    assert.equal(isFresh(), true, "and left where it is as it was, whenever it was written");
  });
}

test("a build is made again where its output was removed", () => {
  keep();
  rmSync(path.join(folder, "pkg/made.wasm"));
  assert.equal(isFresh(), false);
});

test("nothing is kept where a source was written during the build", () => {
  keep();
  const late = Number(BEGUN) / 1000;
  utimesSync(path.join(folder, "src/a b.rs"), late, late);
  keep();
  assert.equal(isFresh(), false);
});
