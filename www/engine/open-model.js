// @ts-check
/** @import { ModelRecord, ModelSource } from "./types.js" */
import { EngineError } from "./engine-error.js";

/**
 * @typedef {object} OpenedModel
 * @property {ReadableStream<Uint8Array>} stream
 * @property {number} bytes of the whole file; 0 where nobody knows
 * @property {string} name for messages
 * @property {"download" | "read"} stage
 */

/**
 * Opens a model file for reading, wherever it is; nothing is read yet.
 * @param {ModelSource} source
 * @param {URL} models the folder of the records
 * @param {AbortSignal} signal
 * @returns {Promise<OpenedModel>}
 * @throws {EngineError} "unknown-model", "download"
 */
export async function openModel(source, models, signal) {
  if ("file" in source) {
    const name = source.file instanceof File ? source.file.name : "the file";
    return { stream: source.file.stream(), bytes: source.file.size, name, stage: "read" };
  }
  if ("url" in source) return download(new URL(source.url, models), 0, signal);

  const record = await readRecord(source.id, models, signal);
  const file = new URL(record.file ?? `${source.id}.gguf`, models);
  return download(file, record.bytes ?? 0, signal);
}

/**
 * @param {string} id
 * @param {URL} models
 * @param {AbortSignal} signal
 * @returns {Promise<ModelRecord>}
 */
async function readRecord(id, models, signal) {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
    throw new EngineError("unknown-model", `unknown model "${id}": expected the id of a record, a URL or a file`);
  }
  const url = new URL(`${id}.json`, models);
  const response = await request(url, signal);
  if (response.status === 404)
    throw new EngineError("unknown-model", `unknown model "${id}": there is no record ${url}`);
  refuseOtherThanFile(response, url);
  try {
    return await response.json();
  } catch (cause) {
    throw new EngineError("malformed", `the model record ${url} is not valid JSON`, { cause });
  }
}

/**
 * @param {URL} url
 * @param {number} recorded the size in the record, 0 where unknown
 * @param {AbortSignal} signal
 * @returns {Promise<OpenedModel>}
 */
async function download(url, recorded, signal) {
  const response = await request(url, signal);
  refuseOtherThanFile(response, url);
  if (!response.body) throw new EngineError("download", `${url} answered without a body: expected a model file`);
  // A compressed answer announces its compressed length, which says nothing about the bytes that arrive here.
  const announced = response.headers.has("content-encoding") ? 0 : Number(response.headers.get("content-length"));
  return { stream: response.body, bytes: announced || recorded, name: url.href, stage: "download" };
}

/**
 * @param {URL} url
 * @param {AbortSignal} signal
 */
async function request(url, signal) {
  try {
    return await fetch(url, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    throw new EngineError(
      "download",
      `${url} cannot be reached: the network is down, or the host allows no other site to read the file`,
      { cause },
    );
  }
}

/**
 * An error page must never pass for a model: only 200 counts, and HTML never does.
 * @param {Response} response
 * @param {URL} url
 */
function refuseOtherThanFile(response, url) {
  if (response.status !== 200) {
    const answer = `${response.status} ${response.statusText}`.trim();
    throw new EngineError("download", `${url} answered ${answer}: expected 200 and the file`);
  }
  const type = response.headers.get("content-type") ?? "";
  if (/^text\/html\b/i.test(type)) {
    throw new EngineError("download", `${url} answered with a web page (${type}): expected a model file`);
  }
}
