// @ts-check
/**
 * Reads the label editor's text.
 *
 * @typedef {object} LineProblem
 * @property {number} line from 1
 * @property {string} message a sentence
 * @property {boolean} blocking whether the label cannot be used; a remark otherwise
 *
 * @typedef {object} LabelLines
 * @property {string[]} labels what is scored, in order, each once
 * @property {LineProblem[]} problems
 */

/** A label in a list with commas has at most this many characters; what is longer is a sentence. */
const MOST_IN_LIST = 30;
/** Labels longer than this never fit the text tower's context; the engine refuses them too. */
const MOST_CHARACTERS = 256;
/** Each new label runs the text tower; beyond this a page is the wrong tool. */
const MOST_LABELS = 1000;

/** Returns every label in `text`, whether it can be used or not. @param {string} text */
export function labelTexts(text) {
  return [...new Set(text.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
}

/** The labels in a line that is a list, with commas between short parts; none in another line. @param {string} line */
export function listOf(line) {
  const parts = [...new Set(line.split(/[,;、]/).map((part) => part.trim()).filter(Boolean))];
  return parts.length > 1 && parts.every(({ length }) => length <= MOST_IN_LIST) ? parts : [];
}

/**
 * Returns the labels in `text`, one a line, and what is wrong with the lines that are not used.
 *
 * @param {string} text
 * @returns {LabelLines}
 */
export function readLabels(text) {
  /** @type {LineProblem[]} */
  const problems = [];
  /** @type {Map<string, number>} */
  const seen = new Map();
  const lines = text.trimEnd().split("\n");
  if (text.trim() === "")
    return { labels: [], problems: [{ line: 1, message: "Enter at least one label.", blocking: true }] };

  lines.forEach((raw, index) => {
    const label = raw.trim();
    const line = index + 1;
    const refuse = (/** @type {string} */ message, blocking = false) =>
      problems.push({ line, message: `Line ${line} ${message}`, blocking });
    if (label === "") refuse("is empty and is skipped.");
    else if (label.length > MOST_CHARACTERS)
      refuse(`has ${label.length} characters; the limit is ${MOST_CHARACTERS}.`, true);
    else if (seen.has(label)) refuse(`repeats line ${seen.get(label)} and is skipped.`);
    else if (seen.size === MOST_LABELS)
      refuse(`and all lines after it are skipped: at most ${MOST_LABELS} labels are scored at once.`, true);
    else if (seen.size < MOST_LABELS) seen.set(label, line);
  });
  return { labels: [...seen.keys()], problems };
}
