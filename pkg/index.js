// @ts-check
/** @import { ModelSource } from "./engine/types.js" */
/** @import { ClassifyOptions, ModelInfo, PipelineOptions, ZeroShotImageClassificationPipeline } from "./index.js" */
import { EngineClient } from "./engine/client.js";
import { EngineError } from "./engine/engine-error.js";
import { imageInput } from "./image-input.js";
import { loadEvents } from "./load-events.js";

const TASK = "zero-shot-image-classification";

/** The short words for dtypes that transformers.js uses, and ours. */
const DTYPES = new Map([
  ["fp32", "f32"],
  ["fp16", "f16"],
  ["q8", "q8_0"],
  ["q6", "q6_k"],
  ["q5", "q5_0"],
  ["q4", "q4_0"],
]);

/**
 * Loads a model into a worker and returns a function that classifies images with it.
 * @param {"zero-shot-image-classification"} task
 * @param {string | URL | Blob} [model] a record's id, a repository of the hub (`owner/name` or
 *   `owner/name@revision`), the URL of a GGUF file, or such a file
 * @param {PipelineOptions} [options]
 * @returns {Promise<ZeroShotImageClassificationPipeline>}
 * @throws {EngineError} whose `code` says what failed
 */
export async function pipeline(task, model = "everyday-clip", options = {}) {
  const { dtype, progress_callback, signal, threads, base, models, hub } = options;
  if (task !== TASK) throw new EngineError("task", `unknown task "${task}": expected "${TASK}"`);
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1)) {
    throw new EngineError("threads", `threads is ${threads}: expected a whole number from 1 on`);
  }
  signal?.throwIfAborted();
  const source = modelSource(model);
  const events = loadEvents(source, progress_callback);
  events.begin();

  const engine = await EngineClient.start({ base, models, hub, threads });
  try {
    const wanted = dtype && /** @type {import("./engine/types.js").Dtype} */ (DTYPES.get(dtype) ?? dtype);
    const info = await engine.load(source, { dtype: wanted, signal, onProgress: events.step });
    requireDtype(info, wanted);
    events.ready();
    return classifier(engine, info);
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/**
 * @param {EngineClient} engine
 * @param {ModelInfo} info
 * @returns {ZeroShotImageClassificationPipeline}
 */
function classifier(engine, info) {
  /** @param {unknown} image @param {AbortSignal} [signal] */
  const embed = async (image, signal) => engine.embedImage(await imageInput(image, signal), { signal });

  /** @param {any} images @param {string[]} labels @param {ClassifyOptions} [options] */
  const classify = (images, labels, { hypothesis_template = info.templates, mode, signal } = {}) => {
    const templates = [hypothesis_template].flat();
    return each(images, async (image) => {
      const picture = await embed(image, signal);
      const { scores } = await engine.classify(picture, { labels, templates, mode, signal });
      return scores.map(({ label, score }) => ({ label, score }));
    });
  };

  return Object.assign(classify, {
    model: info,
    /** @param {any} images @param {{ signal?: AbortSignal }} [options] */
    embedImages: (images, { signal } = {}) => each(images, async (image) => (await embed(image, signal)).embedding),
    /** @param {any} texts @param {{ signal?: AbortSignal }} [options] */
    embedTexts: async (texts, options) => {
      const embeddings = await engine.embedTexts([texts].flat(), options);
      return Array.isArray(texts) ? embeddings : embeddings[0];
    },
    dispose: () => engine.dispose(),
  });
}

/**
 * One in, one out; an array in, an array out, worked through in order so that one image is in memory at a time.
 * @template T
 * @param {any} input
 * @param {(one: any) => Promise<T>} work
 * @returns {Promise<any>}
 */
async function each(input, work) {
  if (!Array.isArray(input)) return work(input);
  const results = [];
  for (const one of input) results.push(await work(one));
  return results;
}

/**
 * @param {string | URL | Blob} model
 * @returns {ModelSource}
 */
function modelSource(model) {
  if (model instanceof Blob) return { file: model };
  if (model instanceof URL || /^(https?:|blob:|data:|\.{0,2}\/)/.test(model)) return { url: model };
  return model.includes("/") ? { repo: model } : { id: model };
}

/**
 * @param {ModelInfo} info
 * @param {string} [dtype]
 */
function requireDtype(info, dtype) {
  if (dtype !== undefined && dtype !== info.dtype) {
    throw new EngineError("dtype", `the weights of "${info.name}" are ${info.dtype}: ${dtype} was asked for`);
  }
}
