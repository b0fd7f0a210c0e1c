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
 * @property {{ title: string, does: CaveatAction }[]} [actions] what the buttons beside it do
 *
 * @typedef {"show-models" | "write-labels" | "keep-labels"} CaveatAction
 *
 * @typedef {"sample" | "picture" | null} Borrowed what else the labels were written for: a sample, or another picture of the visitor's
 *
 * @typedef {object} Words how the model knows the labels
 * @property {string[]} untaught labels that are no names which it was taught
 * @property {string[]} drawn labels that it knows only from drawings
 * @property {KnownWords["languages"] | null} languages that its labels may be in; `null` while that is being found out
 */

/**
 * What to know before one believes a result, shown where the scores are. Empty where there is nothing to say.
 *
 * @param {object} shown
 * @param {Picture} shown.picture
 * @param {Question} shown.question
 * @param {ModelInfo} shown.info
 * @param {Borrowed} shown.borrowed
 * @param {Words} shown.words
 * @returns {Caveat[]}
 */
export function caveats({ picture, question, info, borrowed, words: { untaught, drawn, languages } }) {
  /** @type {Caveat[]} */
  const notes = [];
  const { labels, mode } = question;
  if (borrowed === "sample") {
    const text = "These labels are from the previous sample. What could be in this picture?";
    notes.push({ text, actions: [{ title: "Write your own labels", does: "write-labels" }] });
  }
  if (borrowed === "picture") {
    notes.push({
      text: "These labels were written for another picture.",
      actions: [
        { title: "Write new labels", does: "write-labels" },
        { title: "Use them for all pictures", does: "keep-labels" },
      ],
    });
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
  if (drawn.length > 0) {
    const them = drawn.length > 1 ? "them" : "it";
    notes.push({ text: `${info.name} knows ${quoted(drawn)} only from drawings, so it may miss ${them} in a photograph.` });
  }
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
  const [name, scores] = labels.length > 1 ? ["names", "their scores are"] : ["name", "its score is"];
  const text = `${model} never saw the ${name} ${quoted(labels)} in training, so ${scores} little more than a guess.`;
  if (inOneFile) return { text };
  return { text: `${text} For other words, try PE-Core S/16:`, actions: [{ title: "Show PE-Core S/16", does: "show-models" }] };
}

/**
 * Says that the model recognizes no label; first, which of them it does not know.
 *
 * @param {string[]} labels
 * @param {string[]} untaught
 * @param {string} model
 */
export function noMatch(labels, untaught, model) {
  const others = labels.length - untaught.length;
  if (untaught.length > 0) {
    const rest = others > 0 ? "and recognizes no other label" : `so it cannot recognize ${untaught.length > 1 ? "them" : "it"}`;
    return `${model} does not know ${quoted(untaught)}, ${rest} in this picture.`;
  }
  if (others === 1) return `${model} does not recognize ${quoted(labels)} in this picture.`;
  return `${model} recognizes none of these labels in this picture.`;
}

/** The first few in quotation marks. @param {string[]} labels */
function quoted(labels) {
  const named = labels.slice(0, MOST_NAMED).map((label) => `“${label}”`);
  const more = labels.length - named.length;
  return listed(more > 0 ? [...named, `${more} more`] : named);
}
