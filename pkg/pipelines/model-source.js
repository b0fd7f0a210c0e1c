// @ts-check
/** @import { ModelSource } from "../engine/protocol/types.js" */
import { EngineError } from "../engine/protocol/engine-error.js";

/**
 * Repositories that were converted to ONNX, as tutorials name them, and the authors' own, whose weights this engine reads.
 * @type {Record<string, string>}
 */
const ALIASES = {
  "Xenova/clip-vit-base-patch16": "openai/clip-vit-base-patch16",
  "Xenova/clip-vit-base-patch32": "openai/clip-vit-base-patch32",
  "Xenova/clip-vit-large-patch14": "openai/clip-vit-large-patch14",
  "Xenova/clip-vit-large-patch14-336": "openai/clip-vit-large-patch14-336",
  "Xenova/siglip-base-patch16-224": "google/siglip-base-patch16-224",
  "Xenova/siglip-base-patch16-256": "google/siglip-base-patch16-256",
  "Xenova/siglip-base-patch16-384": "google/siglip-base-patch16-384",
  "Xenova/siglip-base-patch16-512": "google/siglip-base-patch16-512",
  "Xenova/siglip-large-patch16-256": "google/siglip-large-patch16-256",
  "Xenova/siglip-large-patch16-384": "google/siglip-large-patch16-384",
  "onnx-community/siglip2-base-patch16-224-ONNX": "google/siglip2-base-patch16-224",
};

/** Aliases that were told already. @type {Set<string>} */
const told = new Set();

/**
 * What a model is named by.
 * @param {unknown} model a record's id, a repository of the hub (`owner/name` or `owner/name@revision`), a URL, or a file
 * @param {string} [revision] of a repository
 * @returns {ModelSource}
 * @throws {EngineError} "model", "option"
 */
export function modelSource(model, revision) {
  const source = sourceOf(model);
  if (revision === undefined || revision === null) return source;
  if (!("repo" in source)) throw new EngineError("option", `revision is "${revision}", but the model is not a repository on the hub: leave it out`);
  if (source.repo.includes("@")) throw new EngineError("option", `revision is "${revision}", but "${source.repo}" already names one: pass only one of them`);
  return { repo: `${source.repo}@${revision}` };
}

/** @param {unknown} model @returns {ModelSource} */
function sourceOf(model) {
  if (model instanceof Blob) return { file: model };
  if (model instanceof URL) return { url: model };
  if (typeof model !== "string" || model === "") {
    throw new EngineError("model", `the model is ${model === null ? "null" : typeof model}: expected the id of a record, owner/name, a URL or a File`);
  }
  if (/^(https?:|blob:|data:|\.{0,2}\/)/.test(model)) return { url: model };
  return model.includes("/") ? { repo: authorsOwn(model) } : { id: model };
}

/** @param {string} repo */
function authorsOwn(repo) {
  const [name, revision] = repo.split("@");
  if (!Object.hasOwn(ALIASES, name)) return repo;
  const own = ALIASES[name];
  if (!told.has(name)) console.info(`clip-wasm: ${name} contains only ONNX files, which this engine does not read; the same weights are downloaded from ${own}.`);
  told.add(name);
  if (revision) throw new EngineError("option", `${name} is read from ${own}, to which revision "${revision}" does not apply: name that repository and its revision`);
  return own;
}
