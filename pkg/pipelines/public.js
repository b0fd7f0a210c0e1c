// @ts-check
/** What every entry of the package exports beside `pipeline` and its `EngineClient`. */
export { EngineError } from "../engine/protocol/engine-error.js";
export { env } from "./env.js";
export { FeatureExtractionPipeline, ImageFeatureExtractionPipeline, Pipeline, ZeroShotImageClassificationPipeline } from "./pipeline-classes.js";
export { Tensor } from "./tensor.js";
export { cos_sim, dot, topK } from "./vectors.js";
