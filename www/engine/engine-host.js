// @ts-check
/**
 * @import {
 *   Classification, ClassifyRequest, EngineModule, ImageInput, Job, ModelInfo, ModelSource, StartOptions,
 *   Started, WasmEngine
 * } from "./types.js"
 */
import { probeCapabilities } from "./capabilities.js";
import { embedImage } from "./embed-image.js";
import { EngineError } from "./engine-error.js";
import { loadEngineModule } from "./engine-module.js";
import { inSlices } from "./in-slices.js";
import { openModel } from "./open-model.js";
import { places } from "./places.js";
import { selectFlavour } from "./select-flavour.js";
import { streamModel } from "./stream-model.js";

/** The engine inside its worker: one method for each kind of request, named as in `protocol.js`. */
export class EngineHost {
  /** @type {Promise<EngineModule> | undefined} */
  #module;
  /** @type {WasmEngine | undefined} */
  #engine;
  #models = places.models;
  /**
   * How many prompts or labels may go through the text tower together. Quantized products are exact in any company;
   * others are summed in an order that depends on how many rows there are, and how many there would be is decided by
   * the clock: so there each goes alone, and the same call has the same bits again.
   */
  #mostAtOnce = Infinity;

  /**
   * Picks the build and begins to fetch it; a failure to do so shows at the first `load`.
   * @param {StartOptions} options
   * @returns {Started}
   */
  start({ base, models, flavour }) {
    const capabilities = probeCapabilities();
    const chosen = flavour ?? selectFlavour(capabilities);
    this.#module = loadEngineModule(chosen, base?.toString());
    this.#module.catch(() => {}); // awaited, and told, in `load`
    if (models) this.#models = new URL(models);
    return { capabilities, flavour: chosen };
  }

  /**
   * Loads a model; the one before it stays until the new one is complete, so that a damaged file costs nothing.
   * @param {{ source: ModelSource }} payload
   * @param {Job} job
   * @returns {Promise<ModelInfo>}
   */
  async load({ source }, job) {
    if (!this.#module) throw new EngineError("not-started", "the engine has not been started");
    const [module, opened] = await Promise.all([this.#module, openModel(source, this.#models, job.signal)]);
    const engine = await streamModel(module, opened, job);
    this.#engine?.free();
    this.#engine = engine;
    const info = engine.info();
    this.#mostAtOnce = info.dtype.startsWith("q") ? Infinity : 1;
    return info;
  }

  /** @param {{ image: ImageInput }} payload */
  embedImage({ image }) {
    return embedImage(this.#loaded(), image);
  }

  /**
   * @param {{ texts: string[] }} payload
   * @param {Job} job
   * @returns {Promise<Float32Array[]>} [projection_dim] for each text, as projected
   */
  async embedTexts({ texts }, job) {
    const engine = this.#loaded();
    /** @type {Float32Array[]} */
    const embeddings = [];
    await inSlices(
      texts,
      (slice) => {
        const flat = engine.embed_texts(slice); // [slice, projection_dim]
        const width = flat.length / slice.length;
        for (let start = 0; start < flat.length; start += width) embeddings.push(flat.slice(start, start + width));
      },
      job,
      this.#mostAtOnce,
    );
    return embeddings;
  }

  /**
   * @param {ClassifyRequest & { embedding: Float32Array }} payload
   * @param {Job} job
   * @returns {Promise<Classification>}
   */
  async classify({ embedding, labels, templates, mode = "softmax" }, job) {
    const engine = this.#loaded();
    const begun = performance.now();
    const missing = engine.missing_labels(labels, templates);
    await inSlices(missing, (slice) => engine.encode_labels(slice, templates), job, this.#mostAtOnce);
    const encoded = performance.now();
    const scores = engine.classify(embedding, labels, templates, mode);
    return {
      scores,
      timings: { text: encoded - begun, score: performance.now() - encoded },
      encoded: missing.length,
    };
  }

  /** @returns {string} SHA-256 of the model file, in hexadecimal */
  modelHash() {
    return this.#loaded().sha256();
  }

  #loaded() {
    if (!this.#engine) throw new EngineError("no-model", "no model is loaded: call load() first");
    return this.#engine;
  }
}
