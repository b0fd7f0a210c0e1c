// @ts-check
/** @import { HeatmapRequest, Heatmaps, ImageInput, Job, WasmEngine, WasmSaliency } from "../protocol/types.js" */
import { takePicture } from "./picture-input.js";

/** Computes heatmaps in the worker, and caches the embeddings of the newest picture's parts, so that other labels need no further pass. */
export class HeatmapMaker {
  #key = "";
  /** By method; one that was stopped goes on. @type {Map<string, WasmSaliency>} */
  #kept = new Map();

  /** Lets go of what is kept, before its engine goes. */
  forget() {
    for (const saliency of this.#kept.values()) saliency.free();
    this.#kept.clear();
    this.#key = "";
  }

  /**
   * Looks at the picture's parts, pass by pass, as far as that has not been done.
   * @param {WasmEngine} engine
   * @param {HeatmapRequest & { image: ImageInput }} request
   * @param {Job} job gets `{ done, total }` as progress, in passes of the vision tower
   */
  async look(engine, { image, key, method }, job) {
    if (key !== this.#key) this.forget();
    this.#key = key;
    const saliency = this.#kept.get(method) ?? (await begin(engine, image, method));
    this.#kept.set(method, saliency);
    for (const total = saliency.passes(); saliency.made() < total; await job.breathe()) {
      job.progress({ done: saliency.made(), total });
      engine.step(saliency);
    }
  }

  /**
   * The maps of labels, once all has been looked at.
   * @param {WasmEngine} engine
   * @param {HeatmapRequest} request
   * @returns {Heatmaps}
   */
  maps(engine, { method, labels, templates }) {
    const saliency = /** @type {WasmSaliency} */ (this.#kept.get(method));
    return { side: saliency.side(), values: engine.heatmaps(saliency, labels, templates) };
  }
}

/**
 * @param {WasmEngine} engine
 * @param {ImageInput} image
 * @param {string} method
 */
async function begin(engine, image, method) {
  const { result } = await takePicture(image, {
    encoded: (bytes) => engine.saliency(bytes, method),
    pixels: (rgba, width, height) => engine.saliency_of_pixels(rgba, width, height, method),
  });
  return result;
}
