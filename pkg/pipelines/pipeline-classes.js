// @ts-check
/** The classes of pipelines, by the names that transformers.js has for them. */
import { EngineError } from "../engine/protocol/engine-error.js";

/** What a pipeline is: a function with properties, and an instance of its task's class. */
export class Pipeline {
  constructor() {
    throw new EngineError("task", "pipelines are made by pipeline(task, model, options)");
  }

  /**
   * @template {Function} Call
   * @template {object} Properties
   * @param {Call} call
   * @param {Properties} properties
   * @returns {Call & Properties}
   */
  static of(call, properties) {
    return Object.setPrototypeOf(Object.assign(call, properties), this.prototype);
  }
}

// Not by `extends`, whose constructor a page's Content-Security-Policy may forbid.
Object.setPrototypeOf(Pipeline.prototype, Function.prototype);

export class ZeroShotImageClassificationPipeline extends Pipeline {}
export class ImageFeatureExtractionPipeline extends Pipeline {}
export class FeatureExtractionPipeline extends Pipeline {}
