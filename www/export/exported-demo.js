// @ts-check
/** @import { Demo } from "../state/demo.js" */
/** @import { Sample } from "../views/classify/samples.js" */
import { readPageFile } from "./page-files.js";

/**
 * A demo on its way out.
 *
 * @typedef {object} ExportedDemo
 * @property {Map<string, Blob>} files by their paths in the page's folder: demo.json, its samples and its model
 * @property {string} title may be empty
 *
 * @typedef {object} ChosenModel
 * @property {string | null} shipped the id of its record, where it comes with the page
 * @property {string} name
 * @property {() => Promise<Blob>} file the weights as one GGUF file, where it does not
 */

/**
 * Gathers what a demo consists of, besides the page itself.
 *
 * @param {object} chosen
 * @param {Omit<Demo, "samples" | "model">} chosen.settings labels, if any, stand for every picture
 * @param {ChosenModel} chosen.model
 * @param {File[]} chosen.pictures to show in place of the samples; empty: the samples of this page
 * @param {Sample[]} chosen.samples of this page
 * @returns {Promise<ExportedDemo>}
 */
export async function exportedDemo({ settings, model, pictures, samples }) {
  /** @type {ExportedDemo["files"]} */
  const files = new Map();
  const shown = pictures.length > 0 ? pictures.map(ownSample) : await Promise.all(samples.map(pageSample));
  for (const { file, picture } of shown) files.set(file, picture);
  const demo = {
    ...settings,
    samples: shown.map(({ file, alt, labels }) => ({ file, alt, labels: settings.labels.length > 0 ? [] : labels })),
    model: await addModel(files, model),
  };
  files.set("demo.json", new Blob([`${JSON.stringify(demo, null, 2)}\n`], { type: "application/json" }));
  return { files, title: settings.title };
}

/** @param {File} picture @param {number} index */
function ownSample(picture, index) {
  const suffix = /\.(\w{1,5})$/.exec(picture.name)?.[1] ?? picture.type.split("/")[1] ?? "png";
  return { picture, file: `pictures/${index + 1}.${suffix.toLowerCase()}`, alt: picture.name, labels: [] };
}

/** @param {Sample} sample */
async function pageSample({ path, alt, labels }) {
  return { picture: await readPageFile(path), file: path, alt, labels };
}

/**
 * @param {Map<string, Blob>} files
 * @param {ChosenModel} model
 * @returns {Promise<string>} what demo.json calls it
 */
async function addModel(files, { shipped, name, file }) {
  if (shipped) {
    const record = await readPageFile(`models/${shipped}.json`);
    const { file: weights = `${shipped}.gguf`, names } = JSON.parse(await record.text());
    files.set(`models/${shipped}.json`, record);
    for (const file of [weights, names])
      if (file !== undefined) files.set(`models/${file}`, await readPageFile(`models/${file}`));
    return shipped;
  }
  const path = `models/${name.replace(/[^\w.-]+/g, "-").replace(/^[.-]+|\.gguf$/gi, "") || "model"}.gguf`;
  files.set(path, await file());
  return path;
}
