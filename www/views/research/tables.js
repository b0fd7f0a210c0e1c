// @ts-check
/** @import { Child } from "../../dom/element.js" */
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/** How many rows a table shows; a saved file has all of them. */
const MOST_ROWS = 200;

/**
 * A table that scrolls by itself where it is wide.
 *
 * @template Item
 * @param {string} caption
 * @param {string[]} heads
 * @param {Item[]} items
 * @param {(item: Item, index: number) => Child[]} cells of a row; the first is its head
 */
export function table(caption, heads, items, cells) {
  const head = element("tr", {}, ...heads.map(columnHead));
  const body = items.slice(0, MOST_ROWS).map((item, index) => {
    const [first, ...rest] = cells(item, index);
    return element("tr", {}, element("th", { scope: "row" }, first), ...rest.map((cell) => element("td", {}, cell)));
  });
  const cut = items.length > MOST_ROWS ? `: the first ${MOST_ROWS} of ${numberText.count(items.length)}; the JSON has all` : "";
  const words = element("caption", {}, caption + cut);
  const whole = element("table", {}, words, element("thead", {}, head), element("tbody", {}, ...body));
  return element("div", { class: "table-scroll", tabIndex: 0, role: "region", "aria-label": caption }, whole);
}

/** A head without words is no head. @param {string} text */
function columnHead(text) {
  return text === "" ? element("td") : element("th", { scope: "col" }, text);
}

/** @param {number | null | undefined} share */
export function percent(share) {
  return share === null || share === undefined ? "–" : `${numberText.percent(share)} %`;
}

/** @typedef {{ value: number, low: number, high: number, n: number }} Estimate */

/**
 * How far accuracies lie apart, as a sentence.
 *
 * @param {{ acc1: Estimate }[]} measured
 * @param {string} cause what they alone depend on
 */
export function rangeText(measured, cause) {
  const values = measured.map(({ acc1 }) => acc1.value * 100);
  return `Top-1 accuracy ranges from ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)} %, depending on ${cause} alone.`;
}

/** An estimate with its interval, as text. @param {Estimate | null} estimate */
export function intervalText(estimate) {
  if (!estimate) return "–";
  return `${(estimate.value * 100).toFixed(1)} % (${boundsText(estimate, (bound) => (bound * 100).toFixed(1))})`;
}

/**
 * The bounds of an interval. Resamples that are all alike, as those of one picture are, bound nothing.
 *
 * @param {{ low: number, high: number }} estimate
 * @param {(bound: number) => string} written
 */
export function boundsText({ low, high }, written) {
  return low === high ? "no interval: all resamples are identical" : `${written(low)} to ${written(high)}`;
}

/** An estimate with its interval, and the number of pictures under it. @param {Estimate | null} estimate @returns {Child} */
export function withInterval(estimate) {
  return estimate && withCount(intervalText(estimate), estimate.n);
}

/** @param {string} text @param {number} n */
export function withCount(text, n) {
  return element("span", { class: "estimate" }, `${text} `, element("small", {}, `n = ${numberText.count(n)}`));
}

/** The pictures whose answer changed, for people. @param {{ image: string, first: string, second: string }[]} moved */
export function movedTable(moved) {
  return table("Pictures with a different answer", ["Picture", "before", "now"], moved, ({ image, first, second }) => [image, first, second]);
}

/** Saves a document as JSON. @param {string} name @param {object} document */
export function saveJson(name, document) {
  save(name, `${JSON.stringify(document, null, 1)}\n`, "application/json");
}

/**
 * Saves a table as CSV, and what made it beside it, under the name that CSV on the Web has for that.
 *
 * @param {string} name
 * @param {string} csv
 * @param {object} about
 */
export function saveTable(name, csv, about) {
  save(name, csv, "text/csv");
  saveJson(`${name}-metadata.json`, about);
}

/**
 * Lets the visitor save a text or bytes.
 *
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
export function save(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: address, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
