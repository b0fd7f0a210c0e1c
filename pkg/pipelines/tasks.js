// @ts-check
/** What each task does with an engine that has its model. */
/** @import { SharedEngine } from "./shared-engine.js" */
/** @typedef {(image: unknown, signal?: AbortSignal) => Promise<import("../engine/protocol/types.js").ImageInput>} TakeImage */
import { EngineError } from "../engine/protocol/engine-error.js";
import { imagesOf } from "./image-input.js";
import { given } from "./options.js";
import { FeatureExtractionPipeline, ImageFeatureExtractionPipeline, ZeroShotImageClassificationPipeline } from "./pipeline-classes.js";
import { Tensor } from "./tensor.js";

/** What makes a pipeline of each task. @type {Record<string, (shared: SharedEngine, take: TakeImage) => any>} */
export const TASKS = {
  "zero-shot-image-classification": classifier,
  "image-feature-extraction": imageExtractor,
  "feature-extraction": textExtractor,
};

/** Other names of tasks. @type {Record<string, string>} */
export const ALIASES = { embeddings: "feature-extraction" };

/** How many images go to the worker together. */
const TOGETHER = 16;

/** @param {SharedEngine} shared @param {TakeImage} take */
function classifier({ engine, info, release }, take) {
  /** @param {unknown} images @param {unknown} labels @param {import("../index.js").ClassifyOptions} [options] */
  const classify = async (images, labels, options) => {
    const { hypothesis_template = info.templates, mode, signal } = given(options, ["hypothesis_template", "mode", "signal"], "the classifier");
    const asked = { labels: labelsOf(labels), templates: [hypothesis_template].flat(), mode, signal };
    const embeddings = await embedAll(engine, images, take, signal);
    const answers = await Promise.all(embeddings.map((embedding) => engine.classify({ embedding }, asked)));
    const plain = answers.map(({ scores }) => scores.map(({ label, score }) => ({ score, label })));
    return Array.isArray(images) ? plain : plain[0];
  };
  return ZeroShotImageClassificationPipeline.of(classify, {
    task: "zero-shot-image-classification",
    model: info,
    engine,
    /** @param {unknown} images @param {{ signal?: AbortSignal }} [options] */
    embedImages: async (images, options) => {
      const rows = await embedAll(engine, images, take, given(options, ["signal"], "embedImages()").signal);
      return Array.isArray(images) ? rows : rows[0];
    },
    /** @param {unknown} texts @param {{ signal?: AbortSignal }} [options] */
    embedTexts: async (texts, options) => {
      const rows = await engine.embedTexts(textsOf(texts), given(options, ["signal"], "embedTexts()"));
      return Array.isArray(texts) ? rows : rows[0];
    },
    dispose: async () => release(),
  });
}

/** @param {SharedEngine} shared @param {TakeImage} take */
function imageExtractor({ engine, info, release }, take) {
  /** @param {unknown} images @param {import("../index.js").ImageFeatureOptions} [options] */
  const extract = async (images, options) => {
    const { pool, normalize, signal } = given(options, ["pool", "normalize", "signal"], "the image feature extractor");
    if (pool && !info.architecture.startsWith("SigLIP")) {
      throw new EngineError("option", "pool is set, but CLIP's image embedding is already one projected vector per picture: leave pool out");
    }
    const rows = Tensor.ofRows(await embedAll(engine, images, take, signal));
    return normalize ? rows.normalize() : rows;
  };
  return ImageFeatureExtractionPipeline.of(extract, { task: "image-feature-extraction", model: info, engine, dispose: async () => release() });
}

/** @param {SharedEngine} shared */
function textExtractor({ engine, info, release }) {
  /** @param {unknown} texts @param {import("../index.js").FeatureOptions} [options] */
  const extract = async (texts, options) => {
    const { pooling = "none", normalize, signal } = given(options, ["pooling", "normalize", "signal"], "the feature extractor");
    if (pooling !== "none") {
      throw new EngineError("option", `pooling is "${pooling}": CLIP's text embedding is already one projected vector per text; use "none", or leave it out`);
    }
    const rows = Tensor.ofRows(await engine.embedTexts(textsOf(texts), { signal }));
    return normalize ? rows.normalize() : rows;
  };
  return FeatureExtractionPipeline.of(extract, { task: "feature-extraction", model: info, engine, dispose: async () => release() });
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
