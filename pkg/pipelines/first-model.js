// @ts-check
/** @import { PackagedModels } from "../engine/protocol/types.js" */
import { absolute, isAddress, packagedModels } from "../engine/client/engine-calls.js";
import { EngineError } from "../engine/protocol/engine-error.js";

/**
 * The id of the default model: the first record.
 * @param {string | URL} [base] the folder of a copy of the package
 * @param {string | URL | PackagedModels} [models] the folder of the records, or the records
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 * @throws {EngineError} "unknown-model"
 */
export async function firstModel(base, models, signal) {
  if (isAddress(models)) return firstOf(absolute(models), signal);
  const { records } = models ?? (await packagedModels(absolute(base)));
  return Object.keys(records)[0];
}

/** @param {string} address of a folder that has the ids of its records in `index.json` @param {AbortSignal} [signal] */
async function firstOf(address, signal) {
  const list = new URL("index.json", address).href;
  const response = await fetch(list, { signal }).catch(() => undefined);
  signal?.throwIfAborted();
  if (response?.ok) return (await response.json())[0];
  throw new EngineError("unknown-model", `no model was given, and ${list}, which names the default model, cannot be read`);
}
