// @ts-check
/** The package: pipelines in the calls of transformers.js, and the engine below them. */
import { EngineClient } from "./engine/client/engine-client.js";
import { pipelineOf } from "./pipelines/pipeline.js";

export { EngineError } from "./engine/protocol/engine-error.js";
export { Tensor } from "./pipelines/tensor.js";
export { cos_sim, dot, topK } from "./pipelines/vectors.js";
export { EngineClient };

export const pipeline = pipelineOf(EngineClient);
