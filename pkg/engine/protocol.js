// @ts-check
/**
 * The one protocol between the page's thread and the engine's worker. Both import this file.
 *
 * A request is `{ id, kind, payload }` with a kind of the first group; `cancel` names the request it ends by its `id`
 * and has no answer of its own; `end`, the last message to a worker, has neither id nor answer. An answer carries the
 * `id` of its request: any number of `progress`, then `done` or `failed`. `lost` has no `id`: the worker cannot go on, and everything pending has failed.
 */
export const KIND = Object.freeze({
  start: "start",
  load: "load",
  obtain: "obtain",
  preview: "preview",
  listModels: "listModels",
  deleteModel: "deleteModel",
  storage: "storage",
  modelFile: "modelFile",
  embedImage: "embedImage",
  embedTexts: "embedTexts",
  classify: "classify",
  heatmaps: "heatmaps",
  modelHash: "modelHash",
  tokenize: "tokenize",
  preprocess: "preprocess",
  research: "research",
  tryKernels: "tryKernels",
  cancel: "cancel",
  end: "end",

  progress: "progress",
  done: "done",
  failed: "failed",
  lost: "lost",
});
