// @ts-check
/** @import { Question } from "./picture-question.js" */
import { inOneFile } from "../../state/in-one-file.js";
import { listed } from "../../state/listed.js";

/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").ModelInfo} ModelInfo */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").Picture} Picture */
/** @typedef {import("../../state/words-of.js").KnownWords} KnownWords */

/** How many labels a note names before it counts the rest. */
const MOST_NAMED = 3;

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
 * @param {string[]} shown.untaught labels that are no names which the model was taught
 * @param {KnownWords["languages"] | null} shown.languages that its labels may be in; `null` while that is being found out
 * @returns {Caveat[]}
 */
export function caveats({ picture, question, info, borrowed, untaught, languages }) {
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
  const foreign = labels.find(isForeign);
  if (foreign && languages === "english") {
    notes.push({ text: `${info.name} was trained on English text. Its scores for “${foreign}” mean little.` });
  }
  if (foreign && languages === "unknown") {
    notes.push({ text: `Most models were trained on English text. If ${info.name} was, its scores for “${foreign}” mean little.` });
  }
  const unknown = untaught.filter((label) => !isForeign(label));
  if (unknown.length > 0) notes.push(neverTaught(unknown, info.name));
  if (picture.decoder === "browser" && picture.format !== "pixels") {
    notes.push({
      text: "The browser decoded this picture, not the engine: scores may differ slightly in another browser.",
    });
  }
  return notes;
}

/** @param {string} label */
function isForeign(label) {
  return /[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u.test(label);
}

/**
 * @param {string[]} labels
 * @param {string} model
 * @returns {Caveat}
 */
function neverTaught(labels, model) {
  const named = labels.slice(0, MOST_NAMED).map((label) => `“${label}”`);
  const more = labels.length - named.length;
  const list = listed(more > 0 ? [...named, `${more} more`] : named);
  const [name, scores] = labels.length > 1 ? ["names", "their scores are"] : ["name", "its score is"];
  const text = `${model} never saw the ${name} ${list} in training, so ${scores} little more than a guess.`;
  if (inOneFile) return { text };
  return { text: `${text} For other words, try PE-Core S/16:`, action: { title: "Show PE-Core S/16", does: "show-models" } };
}
