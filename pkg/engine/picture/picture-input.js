// @ts-check
/** @import { ImageInput } from "../protocol/types.js" */
import { browserPixels } from "./browser-pixels.js";
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";

/**
 * The result of decoding a picture, and which decoder was used.
 * @template Result
 * @typedef {{ result: Result, decoder: "rust" } | { result: Result, decoder: "browser", format: string, decode: number }} Taken
 *   `decode`: milliseconds
 */

/**
 * Hands a picture to the engine: as it is where the engine decodes it, as pixels where the browser has to.
 * @template Result
 * @param {ImageInput} image a bitmap is closed
 * @param {{ encoded: (bytes: Uint8Array) => Result, pixels: (rgba: Uint8Array, width: number, height: number) => Result }} take
 * @returns {Promise<Taken<Result>>}
 * @throws {EngineError} "image-format" where neither can decode it; what `take` throws
 */
export async function takePicture(image, take) {
  if (!(image instanceof Blob)) return decoded(image, "pixels", take);
  try {
    return { result: take.encoded(new Uint8Array(await image.arrayBuffer())), decoder: "rust" };
  } catch (error) {
    if (!(error instanceof Error) || codeOf(error) !== "image-format") throw error;
    return decoded(image, image.type || "unknown", take, error);
  }
}

/**
 * @template Result
 * @param {ImageInput} image
 * @param {string} format
 * @param {{ pixels: (rgba: Uint8Array, width: number, height: number) => Result }} take
 * @param {Error} [refusal] why the engine did not decode it
 * @returns {Promise<Taken<Result>>}
 */
async function decoded(image, format, take, refusal) {
  const begun = performance.now();
  let pixels;
  try {
    pixels = image instanceof ImageData ? image : await browserPixels(image);
  } catch (cause) {
    throw undecodable(cause, refusal?.message);
  }
  const decode = performance.now() - begun;
  const { data, width, height } = pixels;
  const rgba = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { result: take.pixels(rgba, width, height), decoder: "browser", format, decode };
}

/** @param {unknown} cause @param {string} [reason] why the engine did not decode it */
export function undecodable(cause, reason = "the bitmap cannot be read") {
  return new EngineError("image-format", `${reason}; this browser cannot decode it either`, { cause });
}
