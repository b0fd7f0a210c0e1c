// @ts-check
/** @import { Demo } from "../state/demo.js" */
/** @import { ModelSource } from "../engine/types.js" */
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
 * @property {ModelSource} source
 * @property {string} name
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
async function addModel(files, { source, name }) {
  if ("id" in source) {
    const record = await readPageFile(`models/${source.id}.json`);
    const { file = `${source.id}.gguf` } = JSON.parse(await record.text());
    files.set(`models/${source.id}.json`, record);
    files.set(`models/${file}`, await readPageFile(`models/${file}`));
    return source.id;
  }
  if (!("file" in source || "url" in source)) throw new Error(`The model ${name} is not a file that can be put into an export.`);
  const path = `models/${name.replace(/[^\w.-]+/g, "-").replace(/^[.-]+|\.gguf$/gi, "") || "model"}.gguf`;
  if ("file" in source) files.set(path, source.file);
  else if ("url" in source) files.set(path, await download(source.url));
  else throw new Error(`${name} was put together in this browser: only models that are one file can be packed.`);
  return path;
}

/** @param {string | URL} url of a model that this page has loaded */
async function download(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) throw new Error(`The model file ${url} cannot be read again.`);
  return response.blob();
}
