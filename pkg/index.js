// @ts-check
/** The package: pipelines in the calls of transformers.js, and the engine below them. */
import { EngineClient } from "./engine/client/engine-client.js";
import { pipelineOf } from "./pipelines/pipeline.js";

export * from "./pipelines/public.js";
export { EngineClient };

export const pipeline = pipelineOf(EngineClient);
