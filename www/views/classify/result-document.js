// @ts-check
/** @import { Answer } from "./picture-question.js" */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").ModelInfo} ModelInfo */

/**
 * A result as JSON text that someone else can check: the weights by their hash, every setting, the scores in full precision.
 *
 * @param {Answer} answer
 * @param {ModelInfo} info
 * @param {string} sha256 of the model file
 * @param {string} pictureName
 */
export function resultDocument({ picture, question, result, fits }, info, sha256, pictureName) {
  const { width, height, format, decoder, timings } = picture;
  return JSON.stringify(
    {
      tool: "clip-wasm",
      version: info.version,
      flavour: info.flavour,
      model: { name: info.name, architecture: info.architecture, dtype: info.dtype, bytes: info.bytes, sha256 },
      picture: { name: pictureName, width, height, format, decoder },
      templates: question.templates,
      mode: question.mode,
      logit_scale: info.logit_scale,
      best_label_fits: fits,
      scores: result.scores.map(({ label, score, cosine, logit }) => ({ label, score, cosine, logit })),
      timings_ms: { ...timings, ...result.timings },
      user_agent: navigator.userAgent,
    },
    null,
    2,
  );
}
