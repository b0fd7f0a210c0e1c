// @ts-check
/** @import { ModelEntry } from "../../components/model-list/model-list.js" */
/** @import { Dtype, ModelRecord, ModelSource, StoredModel } from "../../../pkg/engine/protocol/types.js" */
/**
 * The entries of the model list: known models, from their records, and other models stored in this
 * browser. Pure functions of what the engine reports.
 */
import { memoryNeed } from "../../../pkg/engine/model/memory-need.js";
import { isInUse } from "../../state/model-choice.js";
import { numberText } from "../../state/number-text.js";

/** @typedef {{ source: ModelSource, dtype: string } | null} InUse where the model in place is from, and its type */

/**
 * What the page reads of a record besides what the engine does.
 * @typedef {object} PageRecord
 * @property {Record<string, number>} [published] shares, as whoever made the model gives them
 * @property {number} [gmacs] billions of products with weights that a picture takes
 * @property {number} [attention_gmacs] billions of products of its attention
 * @property {string} [languages] "many" where labels need not be English
 */

/** @typedef {ModelRecord & PageRecord} KnownRecord */
/** @typedef {"balanced" | "small" | "accurate" | "languages"} Need what a visitor looks for in a model */

/** Of the speed that the autotuner measured, a picture's products with weights reach this share. */
const SHARE_OF_PRODUCT = 0.8;
/** Attention, in f32, is this share as fast as the plain implementation of the product, which every build has. */
const SHARE_OF_ATTENTION = 0.23;
const PLAIN = "widening";

/**
 * @typedef {object} ShelfModel
 * @property {ModelSource} source
 * @property {StoredModel | undefined} stored
 * @property {ModelEntry} entry
 */

/**
 * @param {object} told
 * @param {KnownRecord[]} told.records
 * @param {StoredModel[]} told.stored
 * @param {Dtype} told.dtype what a download would be quantized to
 * @param {InUse} told.inUse
 * @param {Need} [told.need] what comes first
 * @param {Speed} [told.speed] of this device, if known
 * @returns {ShelfModel[]}
 */
export function shelf({ records, stored, dtype, inUse, need = "balanced", speed }) {
  const known = inOrder(records, need, dtype).map((record) => knownModel(record, stored, dtype, inUse, speed));
  const listed = new Set(known.map((model) => model.stored?.key));
  const others = stored.filter(({ key }) => !listed.has(key)).map((model) => otherModel(model, inUse));
  return [...known, ...others];
}

/** @typedef {{ products: number, attention: number }} Speed billions of products a second, of weights and of attention */

/**
 * The speed of a picture here, from what the autotuner measured with all threads: shares as found with PE-Core S/16 and T/16.
 *
 * @param {import("../../../pkg/engine/protocol/types.js").KernelTrial[]} trials
 * @param {Dtype} dtype
 * @returns {Speed | undefined} nothing for f16 and f32, whose products the autotuner does not measure
 */
export function deviceSpeed(trials, dtype) {
  if (!dtype.startsWith("q")) return undefined;
  const isNarrow = dtype === "q4_0" || dtype === "q5_0";
  const fastest = trials.find((trial) => trial.chosen && trial.largest_code < 127 === isNarrow);
  const plain = trials.find(({ kernel }) => kernel === PLAIN);
  if (!fastest || !plain) return undefined;
  return { products: fastest.gmacs * SHARE_OF_PRODUCT, attention: plain.gmacs * SHARE_OF_ATTENTION };
}

/**
 * Records of equal worth stay in the order of the list, in which the balanced ones come first.
 *
 * @param {KnownRecord[]} records
 * @param {Need} need
 * @param {Dtype} dtype
 */
function inOrder(records, need, dtype) {
  /** @type {Record<Need, (record: KnownRecord) => number>} */
  const ranks = {
    balanced: () => 0,
    // Not every record says the size of every type: one type's order is another's.
    small: ({ sizes, bytes = Infinity }) => sizes?.[dtype] ?? sizes?.q8_0 ?? bytes,
    accurate: ({ published = {} }) => -Math.max(0, ...Object.values(published)),
    languages: ({ languages }) => Number(languages !== "many"),
  };
  return [...records].sort((one, other) => ranks[need](one) - ranks[need](other));
}

/**
 * @param {KnownRecord} record
 * @param {StoredModel[]} kept
 * @param {Dtype} dtype
 * @param {InUse} inUse
 * @param {Speed | undefined} speed
 * @returns {ShelfModel}
 */
function knownModel(record, kept, dtype, inUse, speed) {
  const { id = "", name = id, description = "", license = "", bytes = 0, sizes = {}, published = {}, gmacs = 0, attention_gmacs: attention = 0 } = record;
  const source = { id };
  const stored = kept.find((model) => same(model.source, source) && model.dtype === dtype);
  const ships = record.source?.repo === undefined;
  const size = sizes[dtype];
  const figures = [license, ships ? `built in, ${numberText.bytes(bytes)}` : ""];
  // Where the repository's file was never seen, its weights are taken to be in f32, as most are.
  const download = bytes ? numberText.bytes(bytes) : sizes.f32 ? `about ${numberText.bytes(sizes.f32)}` : "";
  if (!ships && download) figures.push(`download ${download}${size ? `, ${numberText.bytes(size)} once stored` : ""}`);
  if (!ships && size) figures.push(`up to ${numberText.bytes(memoryNeed.of(size))} of memory`);
  const milliseconds = speed && 1000 * (gmacs / speed.products + attention / speed.attention);
  if (milliseconds) figures.push(`about ${numberText.duration(Number(milliseconds.toPrecision(2)))} a picture here`);
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
