// @ts-check
/** The crate as crates.io would get it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { test } from "node:test";

/** What crates.io takes, in bytes. */
const MOST = 10 * 1024 * 1024;

test("the crate is no larger than crates.io takes, and has what builds it and its example", () => {
  const words = ["package", "--allow-dirty", "--quiet"];
  const files = execFileSync("cargo", [...words, "--list"], { encoding: "utf8" }).trim().split("\n");
  for (const file of ["build.rs", "src/lib.rs", "examples/classify.rs", "models/everyday-clip.gguf"]) assert.ok(files.includes(file), `${file} is not in the crate`);
  assert.deepEqual(files.filter((file) => /^(pkg|www|tests|training|datasets)\//.test(file)), []);

  execFileSync("cargo", [...words, "--no-verify", "--target-dir", "target/crate"], { stdio: ["ignore", "ignore", "inherit"] });
  const crates = readdirSync("target/crate/package").filter((name) => name.endsWith(".crate"));
  assert.equal(crates.length, 1);
  const { size } = statSync(`target/crate/package/${crates[0]}`);
  assert.ok(size < MOST, `the crate has ${size} bytes: at most ${MOST}`);
});
