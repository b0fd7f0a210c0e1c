// @ts-check
/** @import { Child } from "../../dom/element.js" */
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/** Rows of a table; more of them are in what is saved. */
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
  const cut = items.length > MOST_ROWS ? `: the first ${MOST_ROWS} of ${numberText.count(items.length)}, all in the JSON` : "";
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

/** @param {{ value: number, low: number, high: number } | null} estimate */
export function withInterval(estimate) {
  if (!estimate) return "–";
  const [low, high] = [estimate.low, estimate.high].map((bound) => (bound * 100).toFixed(1));
  return `${(estimate.value * 100).toFixed(1)} % (${low} to ${high})`;
}

/** The pictures whose answer changed, for people. @param {{ image: string, first: string, second: string }[]} moved */
export function movedTable(moved) {
  return table("Pictures that moved", ["Picture", "before", "now"], moved, ({ image, first, second }) => [image, first, second]);
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
