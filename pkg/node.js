// @ts-check
/** The package for Node 20 and later: one worker thread, images by path, models stored for as long as the program runs. */
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { NodeEngineClient as EngineClient } from "./engine/client/node-engine-client.js";
import { EngineError } from "./engine/protocol/engine-error.js";
import { pipelineOf } from "./pipelines/pipeline.js";

export * from "./pipelines/public.js";
export { EngineClient };

const open = pipelineOf(EngineClient, readImage);

/** @type {import("./index.js").pipeline} */
export const pipeline = (task, model, options) => open(task, isPath(model) ? fileAt(model) : model, options);

/** @param {unknown} model @returns {model is string} whether it is the path of a file, or the URL of one: repositories have no name that ends so */
function isPath(model) {
  return typeof model === "string" && (/^(?:\.{0,2}[\\/]|file:|[a-z]:[\\/])/i.test(model) || /^(?!\w+:).*\.gguf$/i.test(model));
}

/** @param {string} place */
function fileAt(place) {
  return /^file:/i.test(place) ? new URL(place) : pathToFileURL(place);
}

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
