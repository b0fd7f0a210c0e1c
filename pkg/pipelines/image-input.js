// @ts-check
/** @import { ImageInput } from "../engine/protocol/types.js" */
import { EngineError } from "../engine/protocol/engine-error.js";
import { bitmapFile } from "./bitmap-file.js";

/** Pixels as transformers.js holds them. @typedef {{ width: number, height: number, data: ArrayLike<number>, channels: number }} RawImage */

/** @typedef {(place: string | URL) => Promise<Blob | undefined>} ReadImage gives nothing for what it leaves to `fetch` */

/** What the browser has drawn or decoded. */
const DRAWN = ["HTMLCanvasElement", "OffscreenCanvas", "HTMLVideoElement", "VideoFrame"];

/** One image, or several, as a list. @param {unknown} images @returns {unknown[]} */
export function imagesOf(images) {
  return Array.isArray(images) ? images : [images];
}

/**
 * Turns what people have at hand into what the engine takes: files as they are, so that the engine itself decodes them.
 * @param {unknown} image a Blob, the URL of one, `<img>`, ImageData, ImageBitmap, a canvas, a video, a VideoFrame, or a RawImage
 * @param {AbortSignal} [signal]
 * @param {ReadImage} [readImage] reads pictures at places that `fetch` does not know
 * @returns {Promise<ImageInput>}
 * @throws {EngineError} "image-input" for anything else, "image-download"
 */
export async function imageInput(image, signal, readImage) {
  if (["Blob", "ImageData", "ImageBitmap"].some((name) => isA(image, name))) return /** @type {ImageInput} */ (image);
  if (typeof image === "string" || image instanceof URL) return (await readImage?.(image)) ?? download(image, signal);
  if (isA(image, "HTMLImageElement")) return download(image.currentSrc || image.src, signal);
  if (DRAWN.some((name) => isA(image, name))) return createImageBitmap(/** @type {any} */ (image));
  if (isRaw(image)) return pixelsOf(image);
  const found = image === null ? "null" : (Object(image).constructor?.name ?? typeof image);
  throw new EngineError(
    "image-input",
    `the image is of type ${found}: expected a File, Blob, URL, ImageData, ImageBitmap, <img>, <canvas>, <video>, VideoFrame, or { width, height, data, channels }`,
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

/** @param {unknown} image @returns {image is RawImage} */
function isRaw(image) {
  return typeof image === "object" && image !== null && ["width", "height", "data", "channels"].every((key) => key in image);
}

/** @param {RawImage} image @returns {ImageInput} */
function pixelsOf({ width, height, data, channels }) {
  if (![1, 3, 4].includes(channels)) {
    throw new EngineError("image-input", `the image has ${channels} channels: expected 1, 3 or 4`);
  }
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0) || data.length !== width * height * channels) {
    throw new EngineError("image-input", `the image has ${data.length} values: expected width × height × channels, ${width} × ${height} × ${channels}`);
  }
  const value = (/** @type {number} */ pixel, /** @type {number} */ channel) => data[pixel * channels + (channels === 1 ? 0 : channel)];
  if (!("ImageData" in globalThis)) return bitmapFile(width, height, value); // as in Node
  const pixels = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) pixels.data[pixel * 4 + channel] = value(pixel, channel);
    pixels.data[pixel * 4 + 3] = channels === 4 ? data[pixel * 4 + 3] : 255;
  }
  return pixels;
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
      `the image ${shown(url)} cannot be reached: the network is down, or its host does not allow other sites to read it`,
      { cause },
    );
  }
  if (!response.ok)
    throw new EngineError("image-download", `the image ${shown(url)} answered ${response.status}: expected 200`);
  return response.blob();
}

/** A URL for a message: one that holds the picture itself is long. @param {string | URL} url */
function shown(url) {
  const text = `${url}`;
  return text.startsWith("data:") ? `${text.slice(0, 40)}…` : text;
}
