// @ts-check
/** The package with one build of the engine, which every browser runs: models come as GGUF files or with the package. */
import { SimdEngineClient as EngineClient } from "./engine/client/simd-engine-client.js";
import { pipelineOf } from "./pipelines/pipeline.js";

export * from "./pipelines/public.js";
export { EngineClient };

export const pipeline = pipelineOf(EngineClient);
