// @ts-check
/** The package on the caller's own thread, with the one build that runs everywhere: for service workers and extensions' backgrounds. */
import { InlineEngineClient as EngineClient } from "./engine/client/inline-engine-client.js";
import { files, records } from "./models/index.js";
import { pipelineOf } from "./pipelines/pipeline.js";

export * from "./pipelines/public.js";
export { EngineClient };

const open = pipelineOf(EngineClient);

/** @type {import("./index.js").pipeline} */
export const pipeline = (task, model, options) => open(task, model, { ...options, models: options?.models ?? { records, files } });
