// @ts-check
/** @import { OpenedModel } from "./open-model.js" */
/** @import { EngineModule, Job, WasmEngine, WasmModelLoader } from "./types.js" */
import { EngineError } from "./engine-error.js";

/** Progress is told at most this often, in milliseconds: chunks of 64 KiB come far more often than a bar can move. */
const PROGRESS_INTERVAL = 50;

/**
 * Streams a model file into the engine's memory, chunk by chunk, with no copy of the file in JavaScript.
 * @param {EngineModule} module
 * @param {OpenedModel} opened
 * @param {Job} job
 * @returns {Promise<WasmEngine>}
 */
export async function streamModel(module, opened, job) {
  const loader = new module.ModelLoader(opened.bytes);
  const loaded = await pushAll(loader, opened, job);
  job.progress({ loaded, total: loaded, stage: "prepare" });
  return loader.finish();
}

/**
 * @param {WasmModelLoader} loader freed when this fails
 * @param {OpenedModel} opened
 * @param {Job} job
 * @returns {Promise<number>} the bytes pushed
 */
async function pushAll(loader, { stream, bytes, name, stage }, job) {
  const reader = stream.getReader();
  let loaded = 0;
  let told = -Infinity;
  try {
    for (;;) {
      job.signal.throwIfAborted();
      if (performance.now() - told >= PROGRESS_INTERVAL) {
        told = performance.now();
        job.progress({ loaded, total: bytes, stage });
      }
      const { done, value } = await read(reader, name, loaded, job.signal);
      if (done) break;
      loader.push(value);
      loaded += value.byteLength;
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {}); // the stream may have failed first: then there is nothing to cancel
    if (!(error instanceof WebAssembly.RuntimeError)) loader.free();
    throw error;
  }
  job.progress({ loaded, total: bytes || loaded, stage });
  return loaded;
}

/**
 * @param {ReadableStreamDefaultReader<Uint8Array>} reader
 * @param {string} name
 * @param {number} loaded
 * @param {AbortSignal} signal
 */
async function read(reader, name, loaded, signal) {
  try {
    return await reader.read();
  } catch (cause) {
    signal.throwIfAborted();
    throw new EngineError("download", `${name} broke off after ${loaded} bytes`, { cause });
  }
}
