// @ts-check
/**
 * What the record of the model that comes with the page says about it.
 *
 * @typedef {{ drawings: string, by: string, license: string }} DataSource
 *
 * @typedef {object} ModelCard
 * @property {string} [sha256] of the file it is about
 * @property {{ knows?: string, does_not_know?: string, trained_on?: DataSource[], measured_on?: DataSource[] }} [card]
 */

const RECORD = new URL("../../../models/emoji-clip.json", import.meta.url);

/**
 * Reads the record; a missing one is no reason to fail, the model says the most important things itself.
 *
 * @param {AbortSignal} signal
 * @returns {Promise<ModelCard>} empty where there is none
 */
export async function fetchCard(signal) {
  try {
    const response = await fetch(RECORD, { signal });
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

/**
 * Words the record for the table of facts.
 *
 * @param {ModelCard} card
 * @param {string} sha256 of the loaded file
 * @returns {[string, string][]}
 */
export function cardFacts({ card = {}, sha256: recorded }, sha256) {
  const agrees =
    recorded !== undefined &&
    sha256 !== "" &&
    (recorded === sha256 ? "as its record says" : "NOT the one of its record");
  return [
    ["Knows", card.knows ?? ""],
    ["Does not know", card.does_not_know ?? ""],
    ["Trained on", sources(card.trained_on)],
    ["Measured on", sources(card.measured_on)],
    ["SHA-256", agrees ? `${sha256}\n${agrees}` : sha256],
  ];
}

/** @param {DataSource[]} [listed] */
function sources(listed = []) {
  return listed.map(({ drawings, by, license }) => `${drawings}, ${by} (${license})`).join("\n");
}
