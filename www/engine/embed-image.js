// @ts-check
/** @import { ImageInput, Picture, WasmEngine, WasmImageEmbedding } from "./types.js" */
import { browserPixels } from "./browser-pixels.js";
import { EngineError } from "./engine-error.js";

/**
 * The embedding of one picture and how it came about: a `Picture` without its key.
 * @param {WasmEngine} engine
 * @param {ImageInput} image a bitmap is closed
 * @returns {Promise<Omit<Picture, "key">>}
 */
export async function embedImage(engine, image) {
  if (image instanceof ImageData) return embedPixels(engine, image, "pixels", 0);
  if (image instanceof ImageBitmap) return decodeAndEmbed(engine, image, "pixels");

  const bytes = new Uint8Array(await image.arrayBuffer());
  try {
    return describe(engine.embed_image(bytes));
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "image-format")) throw error;
    return decodeAndEmbed(engine, image, image.type || "unknown", error);
  }
}

/**
 * @param {WasmEngine} engine
 * @param {Blob | ImageBitmap} image
 * @param {string} format
 * @param {Error} [refusal] why the engine did not decode it
 */
async function decodeAndEmbed(engine, image, format, refusal) {
  const begun = performance.now();
  let pixels;
  try {
    pixels = await browserPixels(image);
  } catch (cause) {
    const reason = refusal?.message ?? "the bitmap cannot be read";
    throw new EngineError("image-format", `${reason}; this browser cannot decode it either`, { cause });
  }
  return embedPixels(engine, pixels, format, performance.now() - begun);
}

/**
 * @param {WasmEngine} engine
 * @param {ImageData} pixels
 * @param {string} format
 * @param {number} decode milliseconds spent on decoding so far
 */
function embedPixels(engine, { data, width, height }, format, decode) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const described = describe(engine.embed_pixels(bytes, width, height));
  return {
    ...described,
    format,
    decoder: /** @type {const} */ ("browser"),
    timings: { ...described.timings, decode },
  };
}

/**
 * Copies a result out of the engine's memory.
 * @param {WasmImageEmbedding} result freed
 * @returns {Omit<Picture, "key">}
 */
function describe(result) {
  const { embedding, width, height, format, decode_ms: decode, preprocess_ms: preprocess, encode_ms: encode } = result;
  result.free();
  return { width, height, format, decoder: "rust", embedding, timings: { decode, preprocess, encode } };
}
