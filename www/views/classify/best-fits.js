// @ts-check
/** Whether the best label of an answer fits the picture at all. */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { Question } from "./picture-question.js" */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").Classification} Result */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").Picture} Picture */

/**
 * Asks what the best label is worth by itself: more than one half is more than chance. A model that was trained to score each
 * label by itself gives even right ones little, so that nothing is said of its answers.
 *
 * @param {ModelSession} session
 * @param {Picture} picture
 * @param {Question} question
 * @param {Result} result
 * @param {AbortSignal} signal
 * @returns {Promise<boolean | null>} `null` where the model leaves it open
 */
export async function bestFits({ engine, info }, picture, question, { scores: [best] }, signal) {
  if (!engine || info?.mode === "independent") return null;
  if (question.mode === "independent") return best.score > 0.5;
  const { scores } = await engine.classify(picture, { ...question, labels: [best.label], mode: "independent", signal });
  return scores[0].score > 0.5;
}
