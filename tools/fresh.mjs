// @ts-check
/**
 * Tells whether what a build made is what it would make now: `keep` writes down the hashes of all that was read and
 * written, `check` compares. Cargo alone cannot tell, because the builds of the page are one crate in one folder: each
 * takes the place of the last, and none would ever be found as it was left.
 * usage: node tools/fresh.mjs check NAME HOW
 *        node tools/fresh.mjs keep NAME HOW SINCE DEPENDENCIES OUTPUT...
 *   NAME: of the build; what is kept lies in target/fresh/NAME.json
 *   HOW: the command that makes it; another command makes something else
 *   SINCE: when it began, in milliseconds since 1970; nothing is kept where a source was written after that
 *   DEPENDENCIES: the file in which Cargo lists the sources
 *   OUTPUT: files that were written
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";

const FOLDER = "target/fresh";
/** Read by Cargo for every build, but not on its lists. */
const ALWAYS = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "tools/bind/src/main.rs"];

/** @typedef {{ how: string, files: Record<string, string> }} Kept hashes by file name */

const [verb, name, how, since, dependencies, ...outputs] = process.argv.slice(2);
const record = `${FOLDER}/${name}.json`;
if (verb === "check" && how) process.exitCode = isFresh() ? 0 : 1;
else if (verb === "keep" && outputs.length) keep();
else throw new Error("usage: node tools/fresh.mjs check NAME HOW | keep NAME HOW SINCE DEPENDENCIES OUTPUT...");

function isFresh() {
  /** @type {Kept} */
  let kept;
  try {
    kept = JSON.parse(readFileSync(record, "utf8"));
    return kept.how === how && Object.entries(kept.files).every(([file, hash]) => sha256(file) === hash);
  } catch {
    return false; // nothing was kept, or a file is gone
  }
}

function keep() {
  rmSync(record, { force: true });
  const sources = [...ALWAYS, ...listed(readFileSync(dependencies, "utf8"))];
  if (sources.some((file) => statSync(file).mtimeMs >= Number(since))) return;
  const files = Object.fromEntries([...sources, ...outputs].map((file) => [file, sha256(file)]));
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(record, `${JSON.stringify({ how, files }, null, 1)}\n`);
}

/** The sources of a list in the form of Make: what was made, a colon, what it was made of. @param {string} list */
function listed(list) {
  const names = list.split("\n").flatMap((line) => line.split(/(?<!\\) /).slice(1));
  return [...new Set(names.filter(Boolean).map((file) => path.relative(".", file.replaceAll("\\ ", " "))))].sort();
}

/** @param {string} file */
function sha256(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}
