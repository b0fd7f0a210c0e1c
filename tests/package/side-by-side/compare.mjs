// @ts-check
/**
 * Makes the same calls of `@huggingface/transformers` and of this package, over the same weights, and lists what differs: exit status 1
 * where something does. Installs transformers.js and makes ONNX files of two small checkpoints, which needs the network and Python.
 * usage: node tests/package/side-by-side/compare.mjs [--write]
 *   --write  saves what transformers.js gives, for the test that needs neither: tests/browser/drop-in.test.mjs
 * PYTHON names an interpreter with torch and transformers; without one there is nothing to compare, and this says so.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CALLS, differences, outcome, textEmbeddings } from "./calls.mjs";
import { CHECKPOINTS, given, ours, TOLERANCE } from "./setting.mjs";

const VERSION = "4.3.1";
const FOLDER = path.resolve("target/package/side-by-side");
const HERE = "tests/package/side-by-side";

const python = process.env.PYTHON ?? "python3";
if (spawnSync(python, ["-c", "import torch, transformers"]).status !== 0) {
  console.log(`SKIPPED: ${python} has no torch and transformers, so there is no model for transformers.js (PYTHON names another interpreter)`);
  process.exit(0);
}
install();
for (const [id, checkpoint] of Object.entries(CHECKPOINTS)) {
  const folder = path.join(FOLDER, "models", id);
  if (existsSync(path.join(folder, "onnx/text_model.onnx"))) continue;
  execFileSync(python, [`${HERE}/export.py`, checkpoint, folder], { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, PYTHONPATH: path.join(FOLDER, "python") } });
}

const theirs = await import(pathToFileURL(path.join(FOLDER, "node_modules/@huggingface/transformers/dist/transformers.node.mjs")).href);
theirs.env.allowRemoteModels = false;
theirs.env.localModelPath = `${FOLDER}/models/`;
const RawImage = (/** @type {any} */ { data, width, height, channels }) => new theirs.RawImage(data, width, height, channels);
const reference = await outcomes(given(theirs, RawImage));
if (process.argv.includes("--write")) {
  const made = { by: `@huggingface/transformers ${VERSION}, node ${HERE}/compare.mjs --write`, weights: CHECKPOINTS, calls: reference };
  writeFileSync(`${HERE}/transformers.json`, `${JSON.stringify(made, (_, value) => (typeof value === "number" ? Number(value.toPrecision(8)) : value), 1)}\n`);
}

const { lib, close } = await ours();
const found = await outcomes(given(lib));
await close();
let count = 0;
for (const [name, expected] of Object.entries(reference)) {
  const compared = CALLS.find((call) => call.name === name)?.scores !== false;
  const told = differences(expected, found[name], compared ? TOLERANCE : Infinity);
  count += told.length;
  console.log(`${told.length === 0 ? "same     " : "DIFFERENT"} ${name}${told.slice(0, 4).map((line) => `\n            ${line}`).join("")}`);
}
console.log(`${Object.keys(reference).length} calls of transformers.js ${VERSION} and of this package: ${count} differences`);
process.exitCode = count === 0 ? 0 : 1;

/** transformers.js, and what Python needs to write ONNX: neither's install scripts are run. */
function install() {
  mkdirSync(path.join(FOLDER, "models"), { recursive: true });
  const manifest = path.join(FOLDER, "node_modules/@huggingface/transformers/package.json");
  if (!existsSync(manifest) || JSON.parse(readFileSync(manifest, "utf8")).version !== VERSION) {
    writeFileSync(path.join(FOLDER, "package.json"), JSON.stringify({ name: "side-by-side", private: true }));
    execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", `@huggingface/transformers@${VERSION}`], { cwd: FOLDER, stdio: "inherit" });
  }
  if (spawnSync(python, ["-c", "import onnx, onnxscript"], { env: { ...process.env, PYTHONPATH: path.join(FOLDER, "python") } }).status !== 0) {
    const packages = ["onnx==1.23.2", "onnxscript==0.7.2", "onnx_ir==1.1.0", "ml_dtypes==0.6.0", "protobuf==7.36.2"];
    execFileSync(python, ["-m", "pip", "install", "--quiet", "--no-deps", "--target", path.join(FOLDER, "python"), ...packages], { stdio: "inherit" });
  }
}

/** @param {import("./calls.mjs").Given} setting @returns {Promise<Record<string, any>>} by the call's name */
async function outcomes(setting) {
  /** @type {Record<string, any>} */
  const all = {};
  for (const { name, call } of CALLS) all[name] = await outcome(() => call(setting));
  all["the embeddings of texts"] = await outcome(() => textEmbeddings(setting));
  return all;
}
