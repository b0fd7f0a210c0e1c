// @ts-check
/** @import { ModelSource } from "./types.js" */
/** @import { ModelStore } from "./store/model-store.js" */
import { download } from "./download.js";
import { EngineError } from "./engine-error.js";
import { readRecord } from "./recipe.js";
import { locked } from "./store/locked.js";
import { PIECE, hashing, pieceHashes, readPieces } from "./store/pieces.js";

/**
 * @typedef {object} OpenedModel
 * @property {AsyncIterable<Uint8Array>} chunks
 * @property {number} bytes of the whole file; 0 where nobody knows yet
 * @property {string} name for messages
 * @property {"download" | "read"} stage
 * @property {string} [sha256] of the whole file, where `verify` can make sure of it
 * @property {(sha256: string) => Promise<void>} [check] looks at the hash of what was read
 * @property {() => Promise<void>} [verify] reads it once more and looks whether it is the file of `sha256`
 */

/**
 * Opens a model file for reading: one beside the page, one of the visitor's, or one in the store.
 * @param {ModelSource} source
 * @param {URL} models the folder of the records
 * @param {ModelStore} store
 * @param {AbortSignal} signal
 * @returns {Promise<OpenedModel>}
 * @throws {EngineError} "unknown-model", "download"
 */
export async function openModel(source, models, store, signal) {
  if ("file" in source) {
    const name = source.file instanceof File ? source.file.name : "the file";
    return opened(source.file, name);
  }
  if ("stored" in source) return openStored(source.stored, store);
  const whole = "url" in source ? { url: `${source.url}`, bytes: 0 } : await besideRecord(source, models, signal);
  return downloaded(whole, signal);
}

/**
 * @param {{ url: string, bytes: number }} file
 * @param {AbortSignal} signal
 * @returns {Promise<OpenedModel>} once the host has answered, so that the size is known
 */
async function downloaded(file, signal) {
  let { bytes } = file;
  const rest = download(file, 0, signal, { onSize: (size) => (bytes = size) });
  const first = rest.next();
  await first;
  return { chunks: begun(first, rest), bytes, name: file.url, stage: "download" };
}

/**
 * @param {ModelSource} source
 * @param {URL} models
 * @param {AbortSignal} signal
 */
async function besideRecord(source, models, signal) {
  if (!("id" in source)) throw new EngineError("unknown-model", "this source has to be fetched first");
  const { file, bytes = 0 } = await readRecord(source.id, { models, signal });
  return { url: new URL(file ?? `${source.id}.gguf`, models).href, bytes };
}

/**
 * @param {string} key
 * @param {ModelStore} store
 * @returns {Promise<OpenedModel>}
 */
async function openStored(key, store) {
  const found = await store.find(key);
  if (!found) throw new EngineError("unknown-model", `there is no model "${key}" in the store`);
  const { file, about } = found;
  const damaged = async (/** @type {string} */ how) => {
    await store.remove(key);
    throw new EngineError("wrong-hash", `${about.name} ${how}: it is damaged and was removed`);
  };
  if (about.sha256 && about.pieces?.length === Math.ceil(file.size / PIECE)) {
    const verify = async () => {
      const at = (await pieceHashes(file)).findIndex((hash, index) => hash !== about.pieces?.[index]);
      if (at >= 0) await damaged(`is not what it was, at byte ${at * PIECE} or after it`);
    };
    return { ...opened(file, about.name), sha256: about.sha256, verify };
  }
  /** @type {Promise<string>[]} */
  const hashes = [];
  /** @param {string} sha256 */
  const check = async (sha256) => {
    if (about.sha256 && about.sha256 !== sha256) await damaged(`has the SHA-256 ${sha256}, expected ${about.sha256}`);
    const pieces = await Promise.all(hashes);
    // Another tab that is at it notes the same.
    return locked(key, async (lock) => lock ? store.note(key, { ...about, sha256, pieces }) : undefined, { ifAvailable: true });
  };
  const { chunks, ...rest } = opened(file, about.name);
  return { ...rest, chunks: hashing(chunks, hashes), check };
}

/** @param {Blob} file @param {string} name @returns {OpenedModel} */
function opened(file, name) {
  const chunks = readPieces(file);
  const first = chunks.next(); // the engine may still be on its way
  first.catch(() => {}); // told when it is awaited
  return { chunks: begun(first, chunks), bytes: file.size, name, stage: "read" };
}

/**
 * @template Chunk
 * @param {Promise<IteratorResult<Chunk, void>>} first
 * @param {AsyncGenerator<Chunk, void>} rest
 */
async function* begun(first, rest) {
  const { value, done } = await first;
  if (done) return;
  yield value;
  yield* rest;
}
