// @ts-check
/** @import { OpenedModel } from "./open-model.js" */
/** @import { EngineModule, Job, WasmEngine, WasmModelLoader } from "../protocol/types.js" */
import { EngineError } from "../protocol/engine-error.js";

/** Progress is reported at most this often, in milliseconds: chunks of 64 KiB come far more often than a bar can move. */
const PROGRESS_INTERVAL = 50;

/**
 * Streams a model file into the engine's memory, chunk by chunk, with no copy of the file in JavaScript.
 * @param {EngineModule} module
 * @param {OpenedModel} opened
 * @param {Job} job
 * @param {Promise<void>} [pool] awaited first: other threads pack the weights while they are read
 * @returns {Promise<WasmEngine>}
 */
export async function streamModel(module, opened, job, pool) {
  await pool;
  const loader = new module.ModelLoader(opened.bytes, opened.sha256);
  const loaded = await pushAll(loader, opened, job);
  job.progress({ loaded, total: loaded, stage: "prepare" });
  const engine = loader.finish();
  try {
    await opened.check?.(engine.sha256());
    await job.breathe(); // a cancel that came while the model was being prepared is heard before it takes its place
  } catch (error) {
    engine.free();
    throw error;
  }
  return engine;
}

/**
 * @param {WasmModelLoader} loader freed when this fails
 * @param {OpenedModel} opened
 * @param {Job} job
 * @returns {Promise<number>} the bytes pushed
 */
async function pushAll(loader, { chunks, bytes, name, stage }, job) {
  let loaded = 0;
  let told = performance.now();
  job.progress({ loaded, total: bytes, stage });
  try {
    for await (const chunk of chunks) {
      job.signal.throwIfAborted();
      loader.push(chunk);
      loaded += chunk.byteLength;
      if (performance.now() - told < PROGRESS_INTERVAL) continue;
      told = performance.now();
      job.progress({ loaded, total: bytes, stage });
    }
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) loader.free();
    job.signal.throwIfAborted();
    if (error instanceof DOMException) throw new EngineError("read", `${name} cannot be read: ${error.message}`, { cause: error });
    throw error;
  }
  job.progress({ loaded, total: bytes || loaded, stage });
  return loaded;
}
