// @ts-check
/**
 * Writes `models/<id>.golden.json`: what the command line makes of a few texts and pictures with the model that comes with
 * the page, for the page's *Verify* to compare with. Does nothing where the file is of this very model already.
 * usage: node tools/golden-vectors.mjs [ID]
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const CLI = "target/release/clip-wasm";
const TEXTS = ["a drawing of a cat", "three bananas on a blue background", "it's 5 o'clock, naïve café!", ""];
const PICTURES = ["doodle-cat.webp", "pizza.webp", "red-car.webp"].map((name) => `www/samples/${name}`);

const id = process.argv[2] ?? "everyday-clip";
const model = `models/${id}.gguf`;
const golden = `models/${id}.golden.json`;

/** @param {string[]} words */
const ask = (...words) => JSON.parse(execFileSync(CLI, words, { encoding: "utf8", maxBuffer: 1 << 28 }));
/** @param {Buffer | Uint8Array} bytes */
const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");
/** @param {number[]} values little-endian f32 in base64 */
const packed = (values) => Buffer.from(Float32Array.from(values).buffer).toString("base64");

/** SHA-256 of the f32 values that the vision tower sees. @param {string} picture */
function pixels(picture) {
  const file = path.join(tmpdir(), `clip-wasm-golden-${process.pid}.npy`);
  execFileSync(CLI, ["preprocess", "--model", model, picture, "-o", file]);
  const npy = readFileSync(file);
  rmSync(file);
  return sha256(npy.subarray(10 + npy.readUInt16LE(8))); // after the header of NPY 1.0
}

const weights = sha256(readFileSync(model));
if (existsSync(golden) && JSON.parse(readFileSync(golden, "utf8")).model === weights) process.exit();

const { ids } = ask("tokenize", "--json", "--model", model, ...TEXTS);
const { text_embeds, image_embeds } = ask(
  "embed",
  "--json",
  "--model",
  model,
  ...TEXTS.flatMap((text) => ["--text", text]),
  ...PICTURES.flatMap((picture) => ["--image", picture]),
);
const vectors = {
  made_by: "node tools/golden-vectors.mjs, which asks the native command line",
  model: weights,
  texts: TEXTS.map((text, at) => ({ text, ids: ids[at], embedding: packed(text_embeds[at]) })),
  pictures: PICTURES.map((file, at) => ({ file, pixels: pixels(file), embedding: packed(image_embeds[at]) })),
};
writeFileSync(golden, `${JSON.stringify(vectors, null, 1)}\n`);
console.log(`${golden}: ${TEXTS.length} texts and ${PICTURES.length} pictures`);
