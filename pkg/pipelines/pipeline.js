// @ts-check
/** Makes `pipeline`: what a task and a model are named by, to an engine that has the model, and a function around it. */
/** @import { ModelInfo, PipelineOptions } from "../index.js" */
/** @import { EngineClass } from "./shared-engine.js" */
/** @import { ReadImage } from "./image-input.js" */
import { checkPreprocessor } from "../engine/client/check-preprocessor.js";
import { EngineError } from "../engine/protocol/engine-error.js";
import { env } from "./env.js";
import { imageInput } from "./image-input.js";
import { firstModel } from "./first-model.js";
import { loadEvents } from "./load-events.js";
import { modelSource } from "./model-source.js";
import { checkDevice, dtypeOf, given } from "./options.js";
import { sharedEngine } from "./shared-engine.js";
import { ALIASES, TASKS } from "./tasks.js";

const OPTIONS = /** @type {const} */ ([
  "dtype",
  "device",
  "revision",
  "preprocessor",
  "progress_callback",
  "signal",
  "threads",
  "token",
  "hub",
  "base",
  "models",
]);

/**
 * Makes `pipeline`, for engines that have all builds or some.
 * @param {EngineClass} Engine
 * @param {ReadImage} [readImage] reads pictures at places that `fetch` does not know
 * @returns {import("../index.js").pipeline}
 */
export function pipelineOf(Engine, readImage) {
  /** @param {string} asked @param {unknown} [model] @param {PipelineOptions} [options] */
  const pipeline = async (asked, model, options) => {
    const task = Object.hasOwn(ALIASES, asked) ? ALIASES[asked] : asked;
    if (!Object.hasOwn(TASKS, task)) {
      throw new EngineError("task", `unknown task "${task}": expected ${Object.keys(TASKS).map((name) => `"${name}"`).join(", ")}`);
    }
    const { dtype: word, preprocessor: named, device, revision, progress_callback, signal, threads, token, base, models, hub = env.remoteHost } = given(
      options,
      OPTIONS,
      "pipeline()",
    );
    if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
      throw new EngineError("threads", `threads is ${threads}: expected a whole number, 1 or more`);
    }
    checkDevice(device);
    const [dtype, preprocessor] = [dtypeOf(word), checkPreprocessor(named)];
    signal?.throwIfAborted();
    const asset = model ?? (await firstModel(base, models, signal));
    const source = modelSource(asset, revision);
    const events = loadEvents(task, asset, source, progress_callback);
    events.begin();
    const wanted = { source, dtype, preprocessor, start: { base, models, hub, threads, token } };
    const shared = await sharedEngine(Engine, wanted, { signal, onProgress: events.step });
    try {
      requireDtype(shared.info, dtype);
    } catch (error) {
      shared.release();
      throw error;
    }
    events.ready();
    return TASKS[task](shared, (image, signal) => imageInput(image, signal, readImage));
  };
  return /** @type {any} */ (pipeline);
}

/**
 * @param {ModelInfo} info
 * @param {string} [dtype]
 */
function requireDtype(info, dtype) {
  if (dtype !== undefined && dtype !== info.dtype) {
    throw new EngineError("dtype", `the weights of "${info.name}" are ${info.dtype}, but ${dtype} was requested`);
  }
}
