// @ts-check
/** @import { ImageInput, Job, WasmEngine, WasmImageEmbeddings } from "../protocol/types.js" */
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";
import { browserPixels } from "./browser-pixels.js";
import { embedImage } from "./embed-image.js";
import { undecodable } from "./picture-input.js";
import { PicturesTogether } from "./pictures-together.js";

/** Pixels of canvases that go through the engine together, at most, beside one picture of any size: 64 MB twice. */
const MOST_PIXELS = 16e6;

/**
 * The embeddings of several pictures, some at the same time.
 * @param {WasmEngine} engine
 * @param {{ images: ImageInput[], first?: number, total?: number }} batch which of all these are, for messages; bitmaps are closed
 * @param {Job} job gets `{ done, total }` as progress
 * @returns {Promise<Float32Array[]>} [projection_dim] for each, as projected
 * @throws {EngineError} of the first that cannot be embedded
 */
export async function embedImages(engine, { images, first = 0, total = images.length }, job) {
  const together = new PicturesTogether(engine);
  /** @type {Float32Array[]} */
  const rows = [];
  while (rows.length < images.length) {
    const begun = performance.now();
    const some = await taking(images.slice(rows.length, rows.length + together.count));
    const embedded = some.length > 1 ? await embedTogether(engine, some) : [undefined];
    for (const [index, embedding] of embedded.entries()) {
      const place = first + rows.length + 1;
      rows.push(embedding ?? (await embedOne(engine, some[index], total > 1 ? `image ${place} of ${total}: ` : "")));
    }
    together.took(some.length, performance.now() - begun);
    job.progress({ done: rows.length, total: images.length });
    await job.breathe();
  }
  return rows;
}

/**
 * The first of these pictures, as the engine takes them: files, and pixels up to the limit; an error for a bitmap that cannot be read.
 * @param {ImageInput[]} images
 * @returns {Promise<(Blob | ImageData | EngineError)[]>} at least one
 */
async function taking(images) {
  /** @type {(Blob | ImageData | EngineError)[]} */
  const some = [];
  let pixels = 0;
  for (const image of images) {
    if (!(image instanceof Blob)) pixels += image.width * image.height;
    if (some.length && pixels > MOST_PIXELS) break;
    some.push(image instanceof Blob || image instanceof ImageData ? image : await browserPixels(image).catch(undecodable));
  }
  return some;
}

/**
 * All files in one pass, and all pixels.
 * @param {WasmEngine} engine
 * @param {(Blob | ImageData | EngineError)[]} images
 * @returns {Promise<(Float32Array | undefined)[]>} nothing for those that have to be tried alone
 */
async function embedTogether(engine, images) {
  /** @type {Map<Blob | ImageData | EngineError, Float32Array>} */
  const found = new Map();
  const keep = (/** @type {(Blob | ImageData)[]} */ some, /** @type {WasmImageEmbeddings} */ embedded) => {
    const { embeddings, failures } = taken(embedded);
    const good = some.filter((_, at) => !failures.some(({ place }) => place === at));
    const width = embeddings.length / good.length;
    for (const [row, image] of good.entries()) found.set(image, embeddings.slice(row * width, (row + 1) * width));
  };
  const files = images.filter((image) => image instanceof Blob);
  const isPlain = (/** @type {unknown} */ image) => image instanceof ImageData && image.data.byteLength === 4 * image.width * image.height;
  const canvases = /** @type {ImageData[]} */ (images.filter(isPlain));
  if (files.length) keep(files, engine.embed_images(await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())))));
  if (canvases.length) {
    const pixels = canvases.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    keep(canvases, engine.embed_canvases(pixels, canvases.map(({ width }) => width), canvases.map(({ height }) => height)));
  }
  return images.map((image) => found.get(image));
}

/** @param {WasmEngine} engine @param {Blob | ImageData | EngineError} image @param {string} which */
async function embedOne(engine, image, which) {
  try {
    if (image instanceof EngineError) throw image;
    return (await embedImage(engine, image)).embedding;
  } catch (error) {
    if (!(error instanceof Error) || !codeOf(error).startsWith("image-")) throw error;
    throw new EngineError(codeOf(error), `${which}${error.message}`, { cause: error });
  }
}

/** What the engine made of some pictures. @param {WasmImageEmbeddings} found consumed */
export function taken(found) {
  const { embeddings, failures } = found;
  found.free();
  return { embeddings, failures };
}
