// @ts-check
/** @import { ModelEntry } from "../../components/model-list/model-list.js" */
/** @import { Dtype, ModelRecord, ModelSource, StoredModel } from "../../../pkg/engine/protocol/types.js" */
/**
 * The entries of the model list: known models, from their records, and other models stored in this
 * browser. Pure functions of what the engine reports.
 */
import { isInUse } from "../../state/model-choice.js";
import { numberText } from "../../state/number-text.js";

/** @typedef {{ source: ModelSource, dtype: string } | null} InUse where the model in place is from, and its type */

/**
 * @typedef {object} ShelfModel
 * @property {ModelSource} source
 * @property {StoredModel | undefined} stored
 * @property {ModelEntry} entry
 */

/**
 * @param {object} told
 * @param {(ModelRecord & { published?: Record<string, number> })[]} told.records
 * @param {StoredModel[]} told.stored
 * @param {Dtype} told.dtype what a download would be quantized to
 * @param {InUse} told.inUse
 * @returns {ShelfModel[]}
 */
export function shelf({ records, stored, dtype, inUse }) {
  const known = records.map((record) => knownModel(record, stored, dtype, inUse));
  const listed = new Set(known.map((model) => model.stored?.key));
  const others = stored.filter(({ key }) => !listed.has(key)).map((model) => otherModel(model, inUse));
  return [...known, ...others];
}

/**
 * @param {ModelRecord & { published?: Record<string, number> }} record
 * @param {StoredModel[]} kept
 * @param {Dtype} dtype
 * @param {InUse} inUse
 * @returns {ShelfModel}
 */
function knownModel(record, kept, dtype, inUse) {
  const { id = "", name = id, description = "", license = "", bytes = 0, sizes = {}, published = {} } = record;
  const source = { id };
  const stored = kept.find((model) => same(model.source, source) && model.dtype === dtype);
  const ships = record.source?.repo === undefined;
  const size = sizes[dtype];
  const figures = [license, ships ? `built in, ${numberText.bytes(bytes)}` : ""];
  if (!ships && bytes) figures.push(`download ${numberText.bytes(bytes)}${size ? `, ${numberText.bytes(size)} once stored` : ""}`);
  for (const [what, share] of Object.entries(published)) figures.push(`${what} ${numberText.percent(share)} % (published)`);
  const isThis = inUse !== null && same(source, inUse.source);
  const using = isThis && (ships || inUse.dtype === dtype);
  return {
    source,
    stored,
    entry: {
      id,
      title: name,
      text: description,
      figures: figures.filter(Boolean),
      status: using ? "In use" : [isThis && `In use in ${inUse.dtype}`, standing(stored)].filter(Boolean).join(" · "),
      action: using ? "" : `${action(stored, ships)}${isThis ? ` in ${dtype}` : ""}`,
      forgettable: stored !== undefined,
    },
  };
}

/**
 * @param {StoredModel} stored
 * @param {InUse} inUse
 * @returns {ShelfModel}
 */
function otherModel(stored, inUse) {
  const { key, name, dtype, complete, source } = stored;
  const using = isInUse(stored, inUse);
  return {
    source: complete ? { stored: key } : source,
    stored,
    entry: {
      id: key,
      title: name,
      text: "repo" in source ? `From ${source.repo}.` : "",
      figures: [dtype],
      status: using ? "In use" : standing(stored),
      action: using ? "" : action(stored, false),
      forgettable: true,
    },
  };
}

/** @param {StoredModel | undefined} stored */
function standing(stored) {
  if (!stored) return "";
  if (stored.complete) return `Stored here, ${numberText.bytes(stored.bytes)}`;
  const share = stored.total > 0 ? `${Math.floor((100 * stored.loaded) / stored.total)} %` : numberText.bytes(stored.loaded);
  return `${share} downloaded`;
}

/**
 * @param {StoredModel | undefined} stored
 * @param {boolean} ships
 */
function action(stored, ships) {
  if (ships || stored?.complete) return "Use";
  return stored ? "Resume" : "Download";
}

/**
 * @param {ModelSource} one
 * @param {ModelSource | null} other
 */
function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}
