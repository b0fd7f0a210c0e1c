// @ts-check
/** @import { Dtype, ModelSource, StoredModel } from "../protocol/types.js" */
/** @import { ModelStore } from "../store/model-store.js" */
/** @import { DownloadContext } from "../download/download-plan.js" */
import { currentVersion } from "../download/download-file.js";
import { EngineError } from "../protocol/engine-error.js";
import { fileVersion } from "../download/file-version.js";
import { originOf } from "../download/download-plan.js";
import { locked } from "../store/locked.js";

/** How long a host may take to say whether a stored model is still its current version, in milliseconds. */
const PATIENCE = 3000;

/**
 * A model that is in the store already.
 * @typedef {object} FoundModel
 * @property {string} key
 * @property {boolean} outdated whether its host, or its record, has another one now
 * @property {string} [note] a sentence, if the host could not be asked
 */

/**
 * Looks for a source in the store, and asks whether what is there is still what the source means: the host of a URL whether
 * it has another file now, a record whether it names other weights. A repository's model is of the commit it was fetched at.
 * @param {ModelSource} source
 * @param {Dtype} dtype
 * @param {ModelStore} store
 * @param {DownloadContext} context
 * @returns {Promise<FoundModel | undefined>}
 */
export async function findStored(source, dtype, store, context) {
  const found = (await store.list()).filter((model) => model.complete && isOf(model, source, dtype));
  const [newest, ...older] = found.sort((one, other) => (other.at ?? 0) - (one.at ?? 0));
  if (!newest) return undefined;
  for (const { key } of older) await discard(key, store);
  const { key } = newest;
  try {
    return { key, outdated: await isOutdated(newest, source, context) };
  } catch (error) {
    context.signal.throwIfAborted();
    const reason = error instanceof EngineError ? error.message : "its host did not answer in time";
    return { key, outdated: false, note: `The stored copy of ${newest.name} is used, which may not be the newest: ${reason}.` };
  }
}

/**
 * Deletes a model that another one has replaced, unless another tab is using it.
 * @param {string} key
 * @param {ModelStore} store
 */
export async function discard(key, store) {
  const remove = async (/** @type {Lock | null} */ lock) => (lock ? store.remove(key) : undefined);
  await locked(key, remove, { ifAvailable: true }).catch(() => {}); // the next load tries again
}

/**
 * @param {StoredModel} model
 * @param {ModelSource} source
 * @param {DownloadContext} context
 */
async function isOutdated({ version, origin }, source, context) {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(PATIENCE)]);
  if ("url" in source) return !version || fileVersion.surelyOther(version, await currentVersion(`${source.url}`, signal));
  if ("id" in source) return origin !== undefined && origin !== originOf(await context.models.read(source.id, signal));
  return false;
}

/**
 * Whether a model of the store is the one that a source means.
 * @param {StoredModel} model
 * @param {ModelSource} source
 * @param {Dtype} dtype
 */
export function isOf(model, source, dtype) {
  return [dtype, "gguf"].includes(model.dtype) && JSON.stringify(model.source) === JSON.stringify(source);
}
