// @ts-check
/** @import { Question } from "./picture-question.js" */

/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").ModelInfo} ModelInfo */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").Picture} Picture */

/** @typedef {"sample" | "own" | "drawing" | "camera"} Origin where the picture on the stage came from */

/**
 * @typedef {object} Caveat
 * @property {string} text a sentence or two
 * @property {{ title: string, does: CaveatAction }} [action] what a button beside it does
 *
 * @typedef {"show-models" | "write-labels"} CaveatAction
 */

/**
 * What to know before one believes a result, shown where the scores are. Empty where there is nothing to say.
 *
 * @param {object} shown
 * @param {Picture} shown.picture
 * @param {Question} shown.question
 * @param {ModelInfo} shown.info
 * @param {boolean} shown.borrowed whether the labels are those of a sample, and the picture is none
 * @returns {Caveat[]}
 */
export function caveats({ picture, question, info, borrowed }) {
  /** @type {Caveat[]} */
  const notes = [];
  const { labels, mode } = question;
  if (borrowed) {
    const text = "These labels are from the previous sample. What could be in this picture?";
    notes.push({ text, action: { title: "Write your own labels", does: "write-labels" } });
  }
  if (labels.length === 1 && mode === "softmax") {
    notes.push({ text: "With a single label, the score is always 100 %. Add another label, or score each label independently." });
  }
  const foreign = labels.find((label) => /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(label));
  if (foreign) notes.push({ text: `${info.name} was trained on English text. Its scores for “${foreign}” mean little.` });
  if (picture.decoder === "browser" && picture.format !== "pixels") {
    notes.push({
      text: "The browser decoded this picture, not the engine: scores may differ slightly in another browser.",
    });
  }
  return notes;
}
