// @ts-check
import { numberText } from "../../state/number-text.js";

/**
 * The model card: what a model's record says about it.
 *
 * @typedef {{ weights?: string, drawings?: string, photographs?: string, by: string, license: string }} DataSource
 * @typedef {{ value: number, interval?: [number, number], n?: number }} Measurement
 *
 * @typedef {object} ModelCard
 * @property {string} [id]
 * @property {string} [sha256] of the file it is about
 * @property {{ knows?: string, does_not_know?: string, trained_on?: DataSource[], measured_on?: DataSource[] }} [card]
 * @property {Record<string, Record<string, Measurement>>} [accuracy] by dtype and test
 * @property {Record<string, number>} [published] shares, as whoever made the model gives them
 * @property {string} [published_by] where they are published
 * @property {string} [languages] "many" where labels need not be English
 */

const RECORDS = new URL("../../../models/", import.meta.url);

/**
 * Reads a record; a missing one is no reason to fail, the model says the most important things itself.
 *
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<ModelCard>} empty where there is none
 */
export async function fetchCard(id, signal) {
  try {
    const response = await fetch(new URL(`${id}.json`, RECORDS), { signal });
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

/**
 * Words the record: what everyone should know, and the rest.
 *
 * @param {ModelCard} card
 * @param {string} sha256 of the loaded file
 * @param {string} dtype of the loaded weights
 */
export function cardFacts({ card = {}, sha256: recorded, accuracy = {}, published = {}, published_by: by }, sha256, dtype) {
  const agrees =
    recorded !== undefined &&
    sha256 !== "" &&
    (recorded === sha256 ? "matches the published hash" : "does not match the published hash");
  /** @type {[string, string][]} */
  const brief = [
    ["Knows", card.knows ?? ""],
    ["Does not know", card.does_not_know ?? ""],
  ];
  /** @type {[string, string][]} */
  const full = [
    ...measurements(accuracy[dtype], dtype),
    ["Published accuracy", Object.entries(published).map(([what, share]) => `${what}: ${numberText.percent(share)} %${by ? ` (${by})` : ""}`).join("\n")],
    ["Trained on", sources(card.trained_on)],
    ["Measured on", sources(card.measured_on)],
    ["SHA-256", agrees ? `${sha256}\n${agrees}` : sha256],
  ];
  return { brief, full };
}

/**
 * Shares with their 95 % intervals; what is no share stays out.
 *
 * @param {Record<string, Measurement> | undefined} measured
 * @param {string} dtype
 * @returns {[string, string][]}
 */
function measurements(measured, dtype) {
  const lines = Object.entries(measured ?? {}).flatMap(([what, { value, interval, n }]) => {
    if (!interval) return [];
    const [low, high] = interval.map(numberText.percent);
    /** @type {[string, string]} */
    const line = [what, `${numberText.percent(value)} % (${low}–${high}, n = ${n})`];
    return [line];
  });
  return lines.length > 0 ? [[`Measured, ${dtype}`, "accuracy with its 95 % interval"], ...lines] : [];
}

/** @param {DataSource[]} [listed] */
function sources(listed = []) {
  return listed.map(({ weights, drawings, photographs, by, license }) => `${weights ?? photographs ?? drawings}, ${by} (${license})`).join("\n");
}
