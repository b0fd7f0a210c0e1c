// @ts-check
/** @import { ImageInput, Job, WasmEngine, WasmImageEmbeddings } from "../protocol/types.js" */
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";
import { browserPixels } from "./browser-pixels.js";
import { embedImage } from "./embed-image.js";
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
    const embedded = some.length > 1 ? await embedTogether(engine, some) : some.map(() => undefined);
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
    some.push(image instanceof Blob || image instanceof ImageData ? image : await browserPixels(image).catch(unreadable));
  }
  return some;
}

/** @param {unknown} cause */
function unreadable(cause) {
  return new EngineError("image-format", "the bitmap cannot be read; this browser cannot decode it either", { cause });
}

/**
 * All files in one pass, and all pixels.
 * @param {WasmEngine} engine
 * @param {(Blob | ImageData | EngineError)[]} images
 * @returns {Promise<(Float32Array | undefined)[]>} nothing for those that have to be tried alone
 */
async function embedTogether(engine, images) {
  const files = images.filter((image) => image instanceof Blob);
  const canvases = images.filter((image) => image instanceof ImageData).filter(({ data, width, height }) => data.byteLength === 4 * width * height);
  /** @type {Map<Blob | ImageData | EngineError, Float32Array | undefined>} */
  const found = new Map();
  if (files.length) {
    const bytes = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
    for (const [place, row] of embeddingsOf(engine.embed_images(bytes), files.length).entries()) found.set(files[place], row);
  }
  if (canvases.length) {
    const pixels = canvases.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    const sides = [canvases.map(({ width }) => width), canvases.map(({ height }) => height)].map((all) => Uint32Array.from(all));
    const embedded = engine.embed_canvases(pixels, sides[0], sides[1]);
    for (const [place, row] of embeddingsOf(embedded, canvases.length).entries()) found.set(canvases[place], row);
  }
  return images.map((image) => found.get(image));
}

/** The embedding of each of `count` pictures, or nothing. @param {WasmImageEmbeddings} found consumed @param {number} count */
function embeddingsOf(found, count) {
  const { embeddings, failures } = taken(found);
  const failed = new Set(failures.map(({ place }) => place));
  const width = embeddings.length / Math.max(1, count - failed.size);
  let row = 0;
  return Array.from({ length: count }, (_, place) => (failed.has(place) ? undefined : embeddings.slice(row * width, ++row * width)));
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
