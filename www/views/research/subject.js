// @ts-check
/**
 * What a result is about: the model, the data and the question that it was measured with. A result keeps its subject, which
 * never changes; a view holds it against what is chosen now, an export writes it down.
 *
 * @typedef {object} Subject keys as the command line prints them
 * @property {string} version
 * @property {string} model
 * @property {string} dtype
 * @property {string} weights_sha256
 * @property {"pillow" | "torchvision"} preprocessor whose pixels the model was given
 * @property {{ flavour: string, threads: number, browser: string }} engine
 * @property {string} data what the data set is called
 * @property {string | null} pictures_sha256
 * @property {string | null} data_sha256 of pictures and labels; nothing while they are still being read
 * @property {number} images
 * @property {string[]} labels
 * @property {string[]} templates
 * @property {number} seed
 * @property {number} resamples
 * @property {Record<string, unknown>} own what only this kind of measurement depends on
 */

/** Samples that the bootstrap draws for an interval. */
const RESAMPLES = 1000;
/** Characters of a list that are shown. */
const MOST_WORDS = 60;

/** What may differ, in words, and the keys that say whether it does. */
const PARTS = /** @type {[string, (keyof Subject)[]][]} */ ([
  ["the version", ["version"]],
  ["the model", ["weights_sha256", "model", "dtype"]],
  ["the data", ["data", "pictures_sha256", "images"]],
  ["the true labels", ["data_sha256"]],
  ["the labels", ["labels"]],
  ["the templates", ["templates"]],
  ["the seed", ["seed", "resamples"]],
  ["the settings", ["own"]],
]);

/**
 * @param {any} about the model's and the data's part, as the worker says it
 * @param {string} data what the data set is called
 * @param {{ labels: string[], templates: string[], seed: number }} question
 * @param {Record<string, unknown>} own
 * @returns {Subject}
 */
export function subjectOf(about, data, { labels, templates, seed }, own) {
  return Object.freeze({ ...about, data, labels: [...labels], templates: [...templates], seed, resamples: RESAMPLES, own });
}

/**
 * What differs between two subjects, in words.
 *
 * @param {Subject} first
 * @param {Subject} second
 * @returns {string[]} empty where nothing does
 */
export function differences(first, second) {
  const differs = (/** @type {keyof Subject} */ key) => JSON.stringify(first[key]) !== JSON.stringify(second[key]);
  const found = PARTS.filter(([, keys]) => keys.some(differs)).map(([words]) => words);
  // Other pictures have other hashes with their labels, too.
  return found.includes("the data") ? found.filter((words) => words !== "the true labels") : found;
}

/** Whether two results are of the same pictures, byte for byte and by name. @param {Subject} first @param {Subject} second */
export function ofSamePictures(first, second) {
  return first.pictures_sha256 !== null && first.pictures_sha256 === second.pictures_sha256;
}

/** A subject in one line. @param {Subject} subject */
export function subjectText(subject) {
  const { data, images, labels, templates, seed } = subject;
  const pictures = `${images} ${images === 1 ? "picture" : "pictures"}`;
  const names = labels.length === 1 ? "1 label" : `${labels.length} labels`;
  // A map is of no words, and draws nothing.
  const asked = labels.length > 0 || templates.length > 0 ? `, ${names}, ${short(templates)}, seed ${seed}` : "";
  return `${modelText(subject)} on ${data} (${pictures}${hashText(subject.data_sha256)})${asked}`;
}

/** @param {Pick<Subject, "model" | "dtype" | "weights_sha256">} subject */
export function modelText({ model, dtype, weights_sha256: hash }) {
  return `${model} ${dtype} (${hash.slice(0, 8)})`;
}

/** @param {string | null} hash */
function hashText(hash) {
  return hash ? `, ${hash.slice(0, 8)}` : "";
}

/** @param {string[]} templates */
function short(templates) {
  const all = templates.map((template) => `“${template}”`).join(", ");
  return all.length > MOST_WORDS ? `${templates.length} templates` : all;
}

/**
 * A measurement as a document, with all that it depends on.
 *
 * @param {Subject} subject
 * @param {object} measured
 */
export function documentOf({ own, ...subject }, measured) {
  return { ...subject, ...own, ...measured };
}
