// @ts-check
/** The engine by itself: one worker with one model, with progress, cancelling, heatmaps, and the models that are kept. */
export { EngineClient } from "./client/engine-client.js";
export { EngineError } from "./protocol/engine-error.js";
