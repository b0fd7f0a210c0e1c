// @ts-check
/** @import { Child } from "../../dom/element.js" */
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/**
 * A table that scrolls by itself where it is wide.
 *
 * @param {string} caption
 * @param {string[]} heads
 * @param {Child[][]} rows the first cell of each is its head
 */
export function table(caption, heads, rows) {
  const head = element("tr", {}, ...heads.map(columnHead));
  const body = rows.map(([first, ...cells]) =>
    element("tr", {}, element("th", { scope: "row" }, first), ...cells.map((cell) => element("td", {}, cell))),
  );
  const whole = element("table", {}, element("caption", {}, caption), element("thead", {}, head), element("tbody", {}, ...body));
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

/** @param {{ value: number, low: number, high: number } | null} estimate */
export function withInterval(estimate) {
  if (!estimate) return "–";
  const [low, high] = [estimate.low, estimate.high].map((bound) => (bound * 100).toFixed(1));
  return `${(estimate.value * 100).toFixed(1)} % (${low} to ${high})`;
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
