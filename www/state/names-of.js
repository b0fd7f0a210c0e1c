// @ts-check
/** The names that the current model was trained on, if its record lists them. Fetched once per model, when first needed. */
import { besideDemo } from "./demo.js";
import { TaughtNames } from "./taught-names.js";

/** @typedef {import("../../pkg/engine/protocol/types.d.ts").ModelSource} ModelSource */

/** By the ids of records. @type {Map<string, Promise<TaughtNames | null>>} */
const read = new Map();

/**
 * @param {ModelSource | null} source of the model in place
 * @returns {Promise<TaughtNames | null>} `null` where it is open to any words, or its list is not at hand
 */
export function namesOf(source) {
  if (!source || !("id" in source)) return Promise.resolve(null);
  const { id } = source;
  const names = read.get(id) ?? readNames(id);
  read.set(id, names);
  return names;
}

/** @param {string} id */
async function readNames(id) {
  try {
    const { names } = await (await fetched(`models/${id}.json`)).json();
    return typeof names === "string" ? new TaughtNames(await (await fetched(`models/${names}`)).text()) : null;
  } catch {
    read.delete(id); // the next one to ask tries again
    return null;
  }
}

/** @param {string} path seen from the page's folder */
async function fetched(path) {
  const response = await fetch(besideDemo(path));
  if (!response.ok) throw new Error(`${path}: the host answered ${response.status}`);
  return response;
}
