// @ts-check
/** @import { ImageInput, Job, WasmEngine, WasmImageEmbeddings } from "../protocol/types.js" */
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";
import { embedImage } from "./embed-image.js";
import { PicturesTogether } from "./pictures-together.js";

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
    const some = images.slice(rows.length, rows.length + together.count);
    const files = some.filter((image) => image instanceof Blob);
    const begun = performance.now();
    const embedded = some.length > 1 && files.length === some.length ? await embedFiles(engine, files) : some.map(() => undefined);
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
 * @param {WasmEngine} engine
 * @param {Blob[]} files
 * @returns {Promise<(Float32Array | undefined)[]>} nothing for those that the engine cannot decode
 */
async function embedFiles(engine, files) {
  const bytes = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
  const { embeddings, failures } = taken(engine.embed_images(bytes));
  const failed = new Set(failures.map(({ place }) => place));
  const width = embeddings.length / Math.max(1, files.length - failed.size);
  let row = 0;
  return files.map((_, place) => (failed.has(place) ? undefined : embeddings.slice(row * width, ++row * width)));
}

/** @param {WasmEngine} engine @param {ImageInput} image @param {string} which */
async function embedOne(engine, image, which) {
  try {
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
