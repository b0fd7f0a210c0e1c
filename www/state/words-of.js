// @ts-check
/**
 * The words that the current model knows, as far as its record says: the names that it was trained on, and whether in English only.
 * Fetched once per model, when first needed.
 */
import { besideDemo } from "./demo.js";
import { TaughtNames } from "./taught-names.js";

/** @typedef {import("../../pkg/engine/protocol/types.d.ts").ModelSource} ModelSource */

/**
 * @typedef {object} KnownWords
 * @property {TaughtNames | null} names the only ones it was trained on; `null` if it is open to any words, or its list is not at hand
 * @property {"english" | "many" | "unknown"} languages that its labels may be in; `unknown` without a record
 */

/** @type {KnownWords} */
const UNKNOWN = { names: null, languages: "unknown" };

/** By the ids of records. @type {Map<string, Promise<KnownWords>>} */
const read = new Map();

/**
 * @param {ModelSource | null} source of the model in place
 * @returns {Promise<KnownWords>}
 */
export function wordsOf(source) {
  if (!source || !("id" in source)) return Promise.resolve(UNKNOWN);
  const { id } = source;
  const words = read.get(id) ?? readWords(id);
  read.set(id, words);
  return words;
}

/**
 * @param {{ id?: string, languages?: string }} record empty without one
 * @returns {KnownWords["languages"]}
 */
export function languagesOf({ id, languages }) {
  if (id === undefined) return "unknown";
  return languages === "many" ? languages : "english";
}

/** @param {string} id */
async function readWords(id) {
  try {
    const record = await (await fetched(`models/${id}.json`)).json();
    const { names } = record;
    return {
      names: typeof names === "string" ? new TaughtNames(await (await fetched(`models/${names}`)).text()) : null,
      languages: languagesOf(record),
    };
  } catch {
    read.delete(id); // the next one to ask tries again
    return UNKNOWN;
  }
}

/** @param {string} path seen from the page's folder */
async function fetched(path) {
  const response = await fetch(besideDemo(path));
  if (!response.ok) throw new Error(`${path}: the host answered ${response.status}`);
  return response;
}
