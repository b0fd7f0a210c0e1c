// @ts-check
/** @import { Fault } from "../components/error-note/error-note.js" */
/** @import { Dtype, ModelInfo, ModelRecord, ModelSource, StoredModel } from "../../pkg/engine/protocol/types.js" */
/**
 * The choice of a model, as an address encodes it: name, revision, type and hash. An address alone never
 * starts a download: a model that is not at hand is offered.
 *
 * @typedef {object} ModelChoice
 * @property {string} name a record's id, `owner/name` on the hub, or what a file was called
 * @property {string | null} revision the hub's commit
 * @property {string | null} dtype
 * @property {string | null} sha256 of the whole file as it was loaded
 */
import { decoded } from "../../pkg/engine/download/decoded.js";
import { DEMO_URL, besideDemo } from "./demo.js";
import { numberText } from "./number-text.js";

const SHOW = "Show it in Model";
const REPO = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;

/**
 * Says which model is in place.
 *
 * @param {{ source: ModelSource, info: ModelInfo, stored: StoredModel[], sha256: string }} inPlace
 * @returns {ModelChoice}
 */
export function choiceOf({ source, info, stored, sha256 }) {
  const kept = stored.find((model) => isInUse(model, { source, dtype: info.dtype }));
  const named = "stored" in source && kept ? kept.source : source;
  const [name, asked = null] = nameOf(named, kept?.name ?? info.name);
  return {
    name,
    revision: (kept && revisionOf(kept)) ?? asked,
    dtype: "id" in named || "repo" in named ? (kept?.dtype ?? info.dtype) : null,
    sha256: sha256 || null,
  };
}

/**
 * Whether a model of the store is the one in place: the same may be kept in several types.
 *
 * @param {StoredModel} model
 * @param {{ source: ModelSource, dtype: string } | null} inUse
 */
export function isInUse({ key, source, dtype }, inUse) {
  if (!inUse) return false;
  if ("stored" in inUse.source) return inUse.source.stored === key;
  return JSON.stringify(source) === JSON.stringify(inUse.source) && [inUse.dtype, "gguf"].includes(dtype);
}

/**
 * Finds what an address names among the models at hand.
 *
 * @param {ModelChoice} choice
 * @param {{ own: ModelSource, records: ModelRecord[], stored: StoredModel[] }} atHand
 * @returns {{ source: ModelSource, dtype?: Dtype } | { fault: Fault }}
 */
export function findChosen(choice, { own, records, stored }) {
  if (isOwn(choice.name, own)) return { source: own };
  const record = records.find(({ id }) => id === choice.name);
  if (record && !record.source?.repo) return { source: { id: choice.name } };
  const [kept] = stored.filter((model) => model.complete && isChosen(model, choice)).sort(usualFirst);
  if (kept) return { source: kept.source, dtype: kept.dtype === "gguf" ? undefined : /** @type {Dtype} */ (kept.dtype) };
  return { fault: missing(choice, record) };
}

/**
 * What would have to be fetched for it.
 *
 * @param {ModelChoice} choice
 * @param {ModelRecord | undefined} record of that name
 * @returns {{ id: string } | { repo: string } | null} `null` where it comes from no hub
 */
export function fetchable({ name, revision }, record) {
  const repo = record?.source?.repo ?? (REPO.test(name) ? name : null);
  if (!repo) return null;
  const isRecords = record && (!revision || revision === record.source?.revision);
  return isRecords ? { id: name } : { repo: revision ? `${repo}@${revision}` : repo };
}

/** @param {ModelSource} source @param {string} otherwise @returns {[name: string, revision?: string]} */
function nameOf(source, otherwise) {
  if ("id" in source) return [source.id];
  if ("repo" in source) return /** @type {[string, string?]} */ (source.repo.split("@"));
  if ("url" in source) return [decoded(`${source.url}`.replace(new URL("./", DEMO_URL).href, ""))];
  return [("file" in source && source.file instanceof File && source.file.name) || otherwise];
}

/** The commit that a model of the hub was fetched at. @param {StoredModel} kept */
function revisionOf({ key }) {
  return /@(\S+) \S+$/.exec(key)?.[1];
}

/** @param {string} name @param {ModelSource} own */
function isOwn(name, own) {
  return "id" in own ? own.id === name : "url" in own && besideDemo(name).href === own.url;
}

/** @param {StoredModel} model @param {ModelChoice} choice */
function isChosen(model, { name, revision, dtype }) {
  const [called] = nameOf(model.source, model.name);
  return called === name && (!revision || revision === revisionOf(model)) && (!dtype || dtype === model.dtype);
}

/** @param {StoredModel} one @param {StoredModel} other */
function usualFirst(one, other) {
  return Number(other.dtype === "q8_0") - Number(one.dtype === "q8_0");
}

/** @param {ModelChoice} choice @param {ModelRecord | undefined} record @returns {Fault} */
function missing(choice, record) {
  const { name, dtype, revision } = choice;
  const source = fetchable(choice, record);
  if (!source) {
    const words = `The link names the model “${name}”, which this page does not know. If it is one of your files, open it again.`;
    return { message: words, action: SHOW };
  }
  const size = record?.bytes ? ` of ${numberText.bytes(record.bytes)}` : "";
  const at = "repo" in source && revision ? ` at ${revision.slice(0, 12)}` : "";
  const words = `The link names the model ${record?.name ?? name}${at}${dtype ? ` in ${dtype}` : ""}, which is not stored in this browser: it is a download${size}.`;
  return { message: words, action: SHOW };
}
