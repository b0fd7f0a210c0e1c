// @ts-check
/** @import { ImageInput } from "./engine/types.js" */
import { EngineError } from "./engine/engine-error.js";

/**
 * Turns what people have at hand into what the engine takes: files as they are, so that the engine itself decodes them.
 * @param {unknown} image a Blob, the URL of one, `<img>`, ImageData, ImageBitmap, a canvas, a video or a VideoFrame
 * @param {AbortSignal} [signal]
 * @returns {Promise<ImageInput>}
 * @throws {EngineError} "image-input" for anything else, "image-download"
 */
export async function imageInput(image, signal) {
  if (image instanceof Blob || image instanceof ImageData || image instanceof ImageBitmap) return image;
  if (typeof image === "string" || image instanceof URL) return download(image, signal);
  if (isA(image, "HTMLImageElement")) return download(image.currentSrc || image.src, signal);
  for (const drawn of ["HTMLCanvasElement", "OffscreenCanvas", "HTMLVideoElement", "VideoFrame"]) {
    if (isA(image, drawn)) return createImageBitmap(image);
  }
  const found = image === null ? "null" : (Object(image).constructor?.name ?? typeof image);
  throw new EngineError(
    "image-input",
    `the image is of type ${found}: expected a File, Blob, URL, ImageData, ImageBitmap, <img>, <canvas> or <video>`,
  );
}

/**
 * By name, because workers have no elements.
 * @param {unknown} value
 * @param {string} name of a global class
 * @returns {value is any}
 */
function isA(value, name) {
  const type = /** @type {any} */ (globalThis)[name];
  return type !== undefined && value instanceof type;
}

/**
 * @param {string | URL} url
 * @param {AbortSignal} [signal]
 */
async function download(url, signal) {
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new EngineError(
      "image-download",
      `the image ${url} cannot be reached: the network is down, or its host allows no other site to read it`,
      { cause },
    );
  }
  if (!response.ok)
    throw new EngineError("image-download", `the image ${url} answered ${response.status}: expected 200`);
  return response.blob();
}
