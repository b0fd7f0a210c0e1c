// @ts-check
/** @import { ModelInfo, PipelineOptions } from "../index.js" */
/** @import { SharedEngine, EngineClass } from "./shared-engine.js" */
/** @import { ReadImage } from "./image-input.js" */
/** @typedef {(image: unknown, signal?: AbortSignal) => Promise<import("../engine/protocol/types.js").ImageInput>} TakeImage */
import { EngineError } from "../engine/protocol/engine-error.js";
import { imageInput, imagesOf } from "./image-input.js";
import { firstModel } from "./first-model.js";
import { loadEvents } from "./load-events.js";
import { modelSource } from "./model-source.js";
import { checkDevice, checkOptions, dtypeOf } from "./options.js";
import { sharedEngine } from "./shared-engine.js";
import { Tensor } from "./tensor.js";

const OPTIONS = /** @type {const} */ ([
  "dtype",
  "device",
  "revision",
  "progress_callback",
  "signal",
  "threads",
  "token",
  "hub",
  "base",
  "models",
]);

/** How many images go to the worker together. */
const TOGETHER = 16;

/** What makes a pipeline of each task around an engine. @type {Record<string, (shared: SharedEngine, take: TakeImage) => any>} */
const TASKS = {
  "zero-shot-image-classification": classifier,
  "image-feature-extraction": imageExtractor,
  "feature-extraction": textExtractor,
};

/**
 * Makes `pipeline`, for engines that have all builds or some.
 * @param {EngineClass} Engine
 * @param {ReadImage} [readImage] reads pictures at places that `fetch` does not know
 * @returns {import("../index.js").pipeline}
 */
export function pipelineOf(Engine, readImage) {
  /** @param {string} task @param {unknown} [model] @param {PipelineOptions} [options] */
  const pipeline = async (task, model, options = {}) => {
    if (!Object.hasOwn(TASKS, task)) {
      throw new EngineError("task", `unknown task "${task}": expected ${Object.keys(TASKS).map((name) => `"${name}"`).join(", ")}`);
    }
    checkOptions(options, OPTIONS, "pipeline()");
    const { dtype: word, device, revision, progress_callback, signal, threads, token, hub, base, models } = options;
    if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
      throw new EngineError("threads", `threads is ${threads}: expected a whole number, 1 or more`);
    }
    checkDevice(device);
    const dtype = dtypeOf(word);
    signal?.throwIfAborted();
    const source = modelSource(model ?? (await firstModel(base, models)), revision);
    const events = loadEvents(source, progress_callback);
    events.begin();
    const asked = { source, dtype, start: { base, models, hub, threads, token } };
    const shared = await sharedEngine(Engine, asked, { signal, onProgress: events.step });
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

/** @param {SharedEngine} shared @param {TakeImage} take */
function classifier({ engine, info, release }, take) {
  /** @param {unknown} images @param {unknown} labels @param {import("../index.js").ClassifyOptions} [options] */
  const classify = async (images, labels, options = {}) => {
    checkOptions(options, ["hypothesis_template", "mode", "signal"], "the classifier");
    const { hypothesis_template = info.templates, mode, signal } = options;
    const asked = { labels: labelsOf(labels), templates: [hypothesis_template].flat(), mode, signal };
    const answers = [];
    for (const embedding of await embedAll(engine, images, take, signal)) {
      const { scores } = await engine.classify({ embedding }, asked);
      answers.push(scores.map(({ label, score }) => ({ label, score })));
    }
    return Array.isArray(images) ? answers : answers[0];
  };
  return Object.assign(classify, {
    task: "zero-shot-image-classification",
    model: info,
    engine,
    /** @param {any} images @param {{ signal?: AbortSignal }} [options] */
    embedImages: async (images, options = {}) => {
      checkOptions(options, ["signal"], "embedImages()");
      const rows = await embedAll(engine, images, take, options.signal);
      return Array.isArray(images) ? rows : rows[0];
    },
    /** @param {any} texts @param {{ signal?: AbortSignal }} [options] */
    embedTexts: async (texts, options = {}) => {
      checkOptions(options, ["signal"], "embedTexts()");
      const rows = await engine.embedTexts(textsOf(texts), options);
      return Array.isArray(texts) ? rows : rows[0];
    },
    dispose: async () => release(),
  });
}

/** @param {SharedEngine} shared @param {TakeImage} take */
function imageExtractor({ engine, info, release }, take) {
  /** @param {unknown} images @param {import("../index.js").ImageFeatureOptions} [options] */
  const extract = async (images, options = {}) => {
    checkOptions(options, ["pool", "normalize", "signal"], "the image feature extractor");
    if (options.pool) {
      throw new EngineError("option", "pool is set, but CLIP's image embedding is already one projected vector per picture: leave pool out");
    }
    return Tensor.ofRows(await embedAll(engine, images, take, options.signal), options.normalize === true);
  };
  return Object.assign(extract, { task: "image-feature-extraction", model: info, engine, dispose: async () => release() });
}

/** @param {SharedEngine} shared */
function textExtractor({ engine, info, release }) {
  /** @param {unknown} texts @param {import("../index.js").FeatureOptions} [options] */
  const extract = async (texts, options = {}) => {
    checkOptions(options, ["pooling", "normalize", "signal"], "the feature extractor");
    const { pooling = "none", normalize = false, signal } = options;
    if (pooling !== "none") {
      throw new EngineError("option", `pooling is "${pooling}": CLIP's text embedding is already one projected vector per text; use "none", or leave it out`);
    }
    return Tensor.ofRows(await engine.embedTexts(textsOf(texts), { signal }), normalize);
  };
  return Object.assign(extract, { task: "feature-extraction", model: info, engine, dispose: async () => release() });
}

/**
 * @param {import("../engine/client/engine-calls.js").EngineCalls} engine
 * @param {unknown} images
 * @param {TakeImage} take
 * @param {AbortSignal} [signal]
 */
async function embedAll(engine, images, take, signal) {
  const all = imagesOf(images);
  /** @type {Float32Array[]} */
  const rows = [];
  // Some at a time: so a long list is never in memory as a whole.
  for (let first = 0; first < all.length; first += TOGETHER) {
    const some = await Promise.all(all.slice(first, first + TOGETHER).map((image) => take(image, signal)));
    rows.push(...(await engine.embedImages(some, { first, total: all.length, signal })));
  }
  return rows;
}

/**
 * @param {unknown} labels an array, or a list with commas
 * @returns {string[]}
 */
function labelsOf(labels) {
  const list = typeof labels === "string" ? labels.split(",").map((label) => label.trim()).filter(Boolean) : labels;
  if (Array.isArray(list) && list.every((label) => typeof label === "string")) return list;
  throw new EngineError("no-labels", `the candidate labels are ${found(labels)}: expected an array of strings, or one string with commas`);
}

/** @param {unknown} texts @returns {string[]} */
function textsOf(texts) {
  const list = [texts].flat();
  if (list.every((text) => typeof text === "string")) return /** @type {string[]} */ (list);
  throw new EngineError("text-input", `the text is ${found(texts)}: expected a string or an array of strings`);
}

/** @param {unknown} value */
function found(value) {
  return Array.isArray(value) ? "an array that contains something other than strings" : value === null ? "null" : typeof value;
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
