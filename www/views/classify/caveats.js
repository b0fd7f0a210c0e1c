// @ts-check
/** @import { Question } from "./picture-question.js" */
/** @typedef {import("../../engine/types.d.ts").ModelInfo} ModelInfo */
/** @typedef {import("../../engine/types.d.ts").Picture} Picture */

/** @typedef {"sample" | "own" | "drawing" | "camera"} Origin where the picture on the stage came from */

/** Formats that cameras write. */
const CAMERA_FORMATS = /^(jpe?g|image\/(jpeg|avif|hei[cf]))$/i;

/**
 * What to know before one believes a result: sentences, shown where the scores are. Empty where there is nothing to say.
 *
 * @param {object} shown
 * @param {Picture} shown.picture
 * @param {Question} shown.question
 * @param {ModelInfo} shown.info
 * @param {boolean} shown.drawingsOnly whether the model has seen drawings alone
 * @param {Origin} shown.origin
 * @returns {string[]}
 */
export function caveats({ picture, question, info, drawingsOnly, origin }) {
  const notes = [];
  const { labels, mode } = question;
  if (drawingsOnly && (origin === "camera" || origin === "own")) {
    const photograph =
      origin === "camera" || CAMERA_FORMATS.test(picture.format)
        ? "For a photograph like this"
        : "If this is a photograph";
    notes.push(`${info.name} has seen only drawings and emoji. ${photograph}, expect poor answers.`);
  }
  if (labels.length === 1 && mode === "softmax") {
    notes.push("With a single label the share is always 100 %. Add another label, or score each on its own.");
  }
  const foreign = labels.find((label) => /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(label));
  if (foreign) notes.push(`${info.name} reads English. What it makes of “${foreign}” means little.`);
  if (picture.decoder === "browser" && picture.format !== "pixels") {
    notes.push("This browser decoded the picture, not the engine: another browser may give slightly other scores.");
  }
  return notes;
}
