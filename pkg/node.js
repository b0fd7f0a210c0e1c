// @ts-check
/** The package in Node 20 and later: one thread beside the program's own, files by their paths, models kept for as long as it runs. */
import { readFile } from "node:fs/promises";
import { NodeEngineClient as EngineClient } from "./engine/client/node-engine-client.js";
import { EngineError } from "./engine/protocol/engine-error.js";
import { pipelineOf } from "./pipelines/pipeline.js";

export { Tensor } from "./pipelines/tensor.js";
export { cos_sim, dot, topK } from "./pipelines/vectors.js";
export { EngineClient, EngineError };

export const pipeline = pipelineOf(EngineClient, readImage);

/**
 * The picture at a path, or at the URL of a file.
 * @param {string | URL} place
 * @returns {Promise<Blob | undefined>} nothing for an address on the network
 */
async function readImage(place) {
  const isAddress = /^(?:https?|data|blob):/i.test(`${place}`);
  if (isAddress) return undefined;
  try {
    return new Blob([await readFile(/^file:/i.test(`${place}`) ? new URL(place) : place)]);
  } catch (cause) {
    throw new EngineError("image-download", `the image ${place} cannot be read: ${/** @type {Error} */ (cause).message}`, { cause });
  }
}
