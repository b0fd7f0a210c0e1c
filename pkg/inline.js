// @ts-check
/** The package on the caller's own thread, with the build that every browser supports: for service workers and the background scripts of extensions. */
import { InlineEngineClient as EngineClient } from "./engine/client/inline-engine-client.js";
import { files, records } from "./models/index.js";
import { pipelineOf } from "./pipelines/pipeline.js";

export * from "./pipelines/public.js";
export { EngineClient };

const open = pipelineOf(EngineClient);

/** @type {import("./index.js").pipeline} */
export const pipeline = (task, model, options) => open(task, model, { ...options, models: options?.models ?? { records, files } });
