// @ts-check
/** @import { Mode } from "./url-fragment.js" */
/**
 * What `demo.json`, beside index.html, presets, so that sharing a demo is: copy the folder, edit one file. An empty or missing field keeps the default. docs/SHARING.md has the fields.
 *
 * @typedef {object} DemoSample
 * @property {string} file a picture, seen from demo.json
 * @property {string} alt what the picture shows
 * @property {string[]} labels what to ask about it; empty: the demo's
 *
 * @typedef {object} Demo
 * @property {string} title
 * @property {string} text a sentence or two under the title
 * @property {string[]} labels
 * @property {string[]} templates
 * @property {Mode | null} mode `null`: the model's own
 * @property {DemoSample[]} samples
 * @property {string} model a record's id, or the path of a GGUF file, seen from demo.json
 */

/** Where demo.json lies, and what its paths are seen from. */
export const DEMO_URL = new URL("../../demo.json", import.meta.url);

/**
 * The address of a file beside demo.json.
 *
 * @param {string} path with slashes; `%`, `#` and `?` stand for themselves, but for what is escaped already, as `%20` is
 */
export function besideDemo(path) {
  return new URL(path.replace(/%(?![0-9a-f]{2})|[?#]/gi, encodeURIComponent), DEMO_URL);
}

/** The page as it comes. @type {Readonly<Demo>} */
export const PLAIN = Object.freeze({
  title: "",
  text: "",
  labels: [],
  templates: [],
  mode: null,
  samples: [],
  model: "",
});

/**
 * Fetches and reads demo.json.
 *
 * @returns {Promise<{ demo: Demo, problem: string | null }>} `problem` is a sentence about a file that cannot be used as it is;
 *   a missing file is no problem
 */
export async function fetchDemo() {
  const response = await fetch(DEMO_URL).catch(() => null);
  if (!response?.ok) return { demo: PLAIN, problem: null };
  try {
    return { demo: readDemo(await response.json()), problem: null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { demo: PLAIN, problem: `demo.json is not used: ${reason}` };
  }
}

/**
 * Checks what demo.json says.
 *
 * @param {unknown} said
 * @returns {Demo}
 * @throws an error that names the field, what was found and what was expected
 */
export function readDemo(said) {
  if (!isObject(said)) throw new Error(`expected an object, found ${kind(said)}.`);
  const mode = said.mode || PLAIN.mode;
  if (mode !== null && mode !== "softmax" && mode !== "independent")
    throw new Error(`"mode" is ${JSON.stringify(mode)}, expected "softmax" or "independent".`);
  return {
    title: text(said, "title"),
    text: text(said, "text"),
    labels: texts(said, "labels"),
    templates: texts(said, "templates"),
    mode,
    samples: list(said, "samples").map(readSample),
    model: text(said, "model"),
  };
}

/**
 * @param {unknown} said
 * @param {number} index
 * @returns {DemoSample}
 */
function readSample(said, index) {
  const place = `sample ${index + 1}`;
  if (!isObject(said)) throw new Error(`${place} is ${kind(said)}, expected an object with "file", "alt" and "labels".`);
  const file = text(said, "file", place);
  if (file === "") throw new Error(`${place} has no "file".`);
  return { file, alt: text(said, "alt", place) || file, labels: texts(said, "labels", place) };
}

/**
 * @param {Record<string, unknown>} said
 * @param {string} field
 * @param {string} [place]
 */
function text(said, field, place = "the file") {
  const value = said[field] ?? "";
  if (typeof value !== "string") throw new Error(`"${field}" of ${place} is ${kind(value)}, expected a string.`);
  return value;
}

/**
 * @param {Record<string, unknown>} said
 * @param {string} field
 * @param {string} [place]
 */
function texts(said, field, place = "the file") {
  return list(said, field, place).map((value, index) => {
    if (typeof value === "string") return value;
    throw new Error(`entry ${index + 1} of "${field}" of ${place} is ${kind(value)}, expected a string.`);
  });
}

/**
 * @param {Record<string, unknown>} said
 * @param {string} field
 * @param {string} [place]
 * @returns {unknown[]}
 */
function list(said, field, place = "the file") {
  const value = said[field] ?? [];
  if (!Array.isArray(value)) throw new Error(`"${field}" of ${place} is ${kind(value)}, expected a list.`);
  return value;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {unknown} value */
function kind(value) {
  if (value === null) return "nothing";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
