// @ts-check
/** @import { EngineClient } from "../../../pkg/engine/client/engine-client.js" */
/**
 * Compares what the engine makes of a few texts and pictures in this browser with what the native command line made of them
 * (`models/<id>.golden.json`): tokens, pixels after preprocessing, and both towers. Quantized weights promise equal bits.
 *
 * @typedef {object} Golden
 * @property {string} model SHA-256 of the weights
 * @property {{ text: string, ids: number[], embedding: string }[]} texts embeddings are little-endian f32 in base64
 * @property {{ file: string, pixels: string, embedding: string }[]} pictures `pixels` is the SHA-256 of their f32 values
 *
 * @typedef {object} Check
 * @property {string} name
 * @property {boolean} passed
 * @property {string} figures
 */

import { sha256 } from "../../../pkg/engine/store/sha256.js";

const ROOT = new URL("../../../", import.meta.url);

/**
 * @param {string} id of the model's record
 * @param {string} sha256 of the loaded weights
 * @returns {Promise<Golden | null>} `null` where there are none for these very weights
 */
export async function fetchGolden(id, sha256) {
  const response = await fetch(new URL(`models/${id}.golden.json`, ROOT)).catch(() => null);
  /** @type {Golden | null} */
  const golden = response?.ok ? await response.json() : null;
  return golden?.model === sha256 ? golden : null;
}

/**
 * @param {EngineClient} engine
 * @param {Golden} golden
 * @returns {Promise<Check[]>}
 */
export async function verify(engine, { texts, pictures }) {
  const files = await Promise.all(pictures.map(async ({ file }) => (await fetch(new URL(file, ROOT))).blob()));
  const ids = await Promise.all(texts.map(({ text }) => engine.tokenize(text)));
  const equalIds = texts.filter((expected, at) => String(expected.ids) === String([...ids[at]])).length;
  const pixels = await Promise.all(files.map(async (file) => sha256(/** @type {Float32Array<ArrayBuffer>} */ (await engine.preprocess(file)))));
  const equalPixels = pictures.filter((expected, at) => expected.pixels === pixels[at]).length;
  const embeddedTexts = await engine.embedTexts(texts.map(({ text }) => text));
  const embeddedPictures = await Promise.all(files.map(async (file) => (await engine.embedImage(file)).embedding));
  return [
    counted("Tokenizer", equalIds, texts.length, "texts with the same tokens"),
    counted("Preprocessing", equalPixels, pictures.length, "pictures with bit-identical pixels"),
    tower("Text tower", texts, embeddedTexts),
    tower("Vision tower", pictures, embeddedPictures),
  ];
}

/**
 * @param {string} name
 * @param {number} equal
 * @param {number} all
 * @param {string} words
 * @returns {Check}
 */
function counted(name, equal, all, words) {
  return { name, passed: equal === all, figures: `${equal} of ${all} ${words}` };
}

/**
 * @param {string} name
 * @param {{ embedding: string }[]} expected
 * @param {Float32Array[]} found
 * @returns {Check}
 */
function tower(name, expected, found) {
  const differences = expected.map(({ embedding }, at) => {
    const values = unpack(embedding);
    return Math.max(...values.map((value, index) => Math.abs(value - found[at][index])));
  });
  const equal = differences.filter((difference) => difference === 0).length;
  const largest = Math.max(...differences);
  return {
    name,
    passed: equal === expected.length,
    figures: `${equal} of ${expected.length} bit-identical embeddings, largest difference ${largest === 0 ? "0" : largest.toExponential(1)}`,
  };
}

/** @param {string} base64 of little-endian f32 */
function unpack(base64) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, at) => view.getFloat32(4 * at, true));
}
