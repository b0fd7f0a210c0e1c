// @ts-check
/** @import { ImageInput, Picture, WasmEngine } from "../protocol/types.js" */
import { takePicture } from "./picture-input.js";

/**
 * The embedding of one picture with its timings: a `Picture` without its key.
 * @param {WasmEngine} engine
 * @param {ImageInput} image a bitmap is closed
 * @returns {Promise<Omit<Picture, "key">>}
 */
export async function embedImage(engine, image) {
  const { result, ...taken } = await takePicture(image, {
    encoded: (bytes) => engine.embed_image(bytes),
    pixels: (rgba, width, height) => engine.embed_pixels(rgba, width, height),
  });
  const { embedding, width, height, format, decode_ms: decode, preprocess_ms: preprocess, encode_ms: encode } = result;
  result.free();
  const told = { width, height, embedding, decoder: taken.decoder };
  if (taken.decoder === "rust") return { ...told, format, timings: { decode, preprocess, encode } };
  return { ...told, format: taken.format, timings: { decode: taken.decode, preprocess, encode } };
}
