// @ts-check
/** @import { ModelSource } from "../protocol/types.js" */
/** @import { ModelRecords } from "./model-records.js" */
/** @import { About, ModelStore } from "../store/model-store.js" */
import { codeOf } from "../protocol/code-of.js";
import { download } from "../download/download-file.js";
import { EngineError } from "../protocol/engine-error.js";
import { locked } from "../store/locked.js";
import { checksumOf } from "../store/checksum.js";
import { PIECE, SMALL_PIECE, hashesOf, hashing, readPieces } from "../store/pieces.js";

/**
 * @typedef {object} OpenedModel
 * @property {AsyncIterable<Uint8Array>} chunks
 * @property {number} bytes of the whole file; 0 if not known yet
 * @property {string} name for messages
 * @property {"download" | "read"} stage
 * @property {string} [sha256] of the whole file, where `verify` can make sure of it
 * @property {(sha256: string) => Promise<void>} [check] looks at the hash of what was read
 * @property {() => Promise<void>} [verify] reads it once more and looks whether it is the file of `sha256`
 * @property {(error: unknown) => Promise<unknown>} [onFailure] finds out whether the store's copy is to blame, which is removed
 *   then, and gives the error to tell
 * @property {ModelSource} [again] what to load where the file was replaced while it was read
 * @property {{ source: ModelSource, dtype: string }} [origin] where the store has it from
 */

/**
 * Opens a model file for reading: one beside the page, one of the visitor's, or one in the store.
 * @param {ModelSource} source
 * @param {ModelRecords} models
 * @param {ModelStore} store
 * @param {AbortSignal} signal
 * @returns {Promise<OpenedModel>}
 * @throws {EngineError} "unknown-model", "download"
 */
export async function openModel(source, models, store, signal) {
  if ("file" in source) {
    const name = source.file instanceof File ? source.file.name : "the file";
    return { chunks: readPieces(source.file), bytes: source.file.size, name, stage: "read" };
  }
  if ("stored" in source) return openStored(source.stored, store);
  const whole = "url" in source ? { url: `${source.url}`, bytes: 0 } : await besideRecord(source, models, signal);
  const { url, sha256: expected } = whole;
  const check = async (/** @type {string} */ sha256) => {
    if (expected && sha256 !== expected)
      throw new EngineError("wrong-hash", `${url} has the SHA-256 ${sha256}, its record says ${expected}: it is damaged, or is another file`);
  };
  return { ...(await downloaded(whole, signal)), check, again: source };
}

/**
 * @param {import("../download/download-file.js").HostFile} file
 * @param {AbortSignal} signal
 * @returns {Promise<OpenedModel>} once the host has answered, so that the size is known
 */
async function downloaded(file, signal) {
  let { bytes = 0 } = file;
  const rest = download(file, 0, signal, { onAnswer: (version) => void (bytes = version.bytes ?? bytes) });
  const first = await rest.next();
  const chunks = (async function* () {
    if (!first.done) yield first.value;
    yield* rest;
  })();
  return { chunks, bytes, name: file.url, stage: "download" };
}

/**
 * @param {ModelSource} source
 * @param {ModelRecords} models
 * @param {AbortSignal} signal
 * @returns {Promise<import("../download/download-file.js").HostFile>}
 */
async function besideRecord(source, models, signal) {
  if (!("id" in source)) throw new EngineError("unknown-model", "this source must be downloaded first");
  const record = await models.read(source.id, signal);
  return { url: models.fileOf(source.id, record), bytes: record.bytes ?? 0, sha256: record.sha256 };
}

/**
 * @param {string} key
 * @param {ModelStore} store
 * @returns {Promise<OpenedModel>}
 */
async function openStored(key, store) {
  const found = await store.find(key);
  if (!found) throw new EngineError("unknown-model", `there is no model "${key}" in the store`);
  const { file, about, pieces, sums } = found;
  // A tab that keeps this one from it notes the same, or it is noted at the next load.
  const note = (/** @type {About} */ noted) =>
    locked(key, async (lock) => (lock ? store.note(key, noted) : undefined), { ifAvailable: true }).catch(() => {});
  const damaged = async (/** @type {string} */ how) => {
    await store.remove(key);
    throw new EngineError("wrong-hash", `${about.name} ${how}: it is damaged and was removed`);
  };
  const onFailure = async (/** @type {unknown} */ error) => {
    try {
      if (!codeOf(error)) return error;
      if (about.sums && codeOf(error) !== "wrong-hash") await checksumOf(pieces(SMALL_PIECE, about.sums));
    } catch {
      error = new EngineError("wrong-hash", "the bytes differ from those that were downloaded");
    }
    if (codeOf(error) === "wrong-hash") return damaged("has changed since it was downloaded").catch((damage) => damage);
    // What its host sent is no model, or no whole one: kept, it would stand in the way of a better one.
    if (!about.sha256 && "url" in about.source) await store.remove(key);
    return error;
  };
  const opened = {
    bytes: file.size,
    name: about.name,
    stage: /** @type {const} */ ("read"),
    onFailure,
    origin: { source: about.source, dtype: about.dtype },
  };
  if (about.sha256 && about.pieces?.length) {
    const verify = async () => {
      if (`${await hashesOf(pieces())}` !== `${about.pieces}`) await damaged("has changed since it was downloaded");
      if (!about.sums) await note({ ...about, sums: await sums() });
    };
    return { ...opened, chunks: pieces(SMALL_PIECE, about.sums), sha256: about.sha256, verify };
  }
  /** @type {Promise<string>[]} */
  const hashes = [];
  /** @param {string} sha256 */
  const check = async (sha256) => {
    if (about.sha256 && about.sha256 !== sha256) await damaged(`has the SHA-256 ${sha256}, expected ${about.sha256}`);
    await note({ ...about, sums: about.sums ?? (await sums()), sha256, pieces: await Promise.all(hashes) });
  };
  return { ...opened, chunks: hashing(pieces(PIECE, about.sums), hashes), check };
}
