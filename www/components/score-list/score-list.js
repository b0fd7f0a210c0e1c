// @ts-check
/** @import { Mode } from "../../state/url-fragment.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

const MOVE_MS = 180;
/** Rows of a long list that are shown until the visitor asks for all: what is below the list stays in reach. */
const ROWS_AT_FIRST = 40;
/** Rows placed in one task; a list that is shown in full fills over several, so that the page never stops for one. */
const ROWS_AT_ONCE = 40;

/**
 * Ranked labels with bars, percent and cosine. Property `scores`: the best first; rows are kept by label, so that bars glide
 * and rows change places. A long list shows its best rows, and all of them on demand. `stale`: a newer result is on its way.
 * `noneFits`: the best row is no answer, and is shown like the others. `alone`: the one label's score says nothing, and is left out.
 * `tags`: what stands beside labels, and beside which.
 *
 * @typedef {object} ShownScore
 * @property {string} label
 * @property {number} score 0 to 1
 * @property {number} cosine -1 to 1
 * @property {{ low: number, high: number }} [spread] the scores that single templates give, lowest and highest
 *
 * @typedef {{ item: HTMLLIElement, tag: HTMLElement, percent: HTMLElement, cosine: HTMLElement, bar: HTMLElement, spread: HTMLElement }} Row
 */
export class ScoreList extends Component {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #filling = 0;
  /** @type {ShownScore[]} */
  #scores = [];
  /** @type {Record<string, string[]>} */
  #tags = {};
  /** Whether the visitor has asked for the whole of a long list. */
  #inFull = false;
  #extent = element("button", { type: "button", class: "button extent", hidden: true });
  #list = element("ol", { role: "list", "aria-label": "Scores" });

  #columns = element(
    "p",
    { class: "columns", "aria-hidden": "true", hidden: true },
    element("span", {}, "Cosine"),
    element("span", {}, "Score"),
  );

  build() {
    this.append(this.#columns, this.#list, this.#extent);
    this.#extent.addEventListener("click", () => {
      this.#inFull = !this.#inFull;
      this.#render();
    });
  }

  set stale(/** @type {boolean} */ stale) {
    this.toggleAttribute("data-stale", stale);
  }

  set noneFits(/** @type {boolean} */ noneFits) {
    this.toggleAttribute("data-none", noneFits);
  }

  set alone(/** @type {boolean} */ alone) {
    this.toggleAttribute("data-alone", alone);
  }

  set tags(/** @type {Record<string, string[]>} */ tags) {
    this.#tags = tags;
    for (const [label, row] of this.#rows) this.#mark(label, row);
  }

  set scores(/** @type {ShownScore[]} */ scores) {
    this.#scores = scores;
    this.#render();
  }

  #render() {
    clearTimeout(this.#filling);
    const long = this.#scores.length > ROWS_AT_FIRST;
    const scores = long && !this.#inFull ? this.#scores.slice(0, ROWS_AT_FIRST) : this.#scores;
    this.#extent.hidden = !long;
    this.#extent.textContent = this.#inFull ? `Show the best ${ROWS_AT_FIRST}` : `Show all ${this.#scores.length}`;
    const before = this.#places();
    const kept = new Set(scores.map(({ label }) => label));
    for (const [label, row] of this.#rows) {
      if (kept.has(label)) continue;
      row.item.remove();
      this.#rows.delete(label);
    }
    this.#list.hidden = scores.length === 0;
    this.#columns.hidden = scores.length === 0;
    this.#fill(scores, 0);
    this.#glide(before);
  }

  /**
   * @param {ShownScore[]} scores
   * @param {number} from the rank of the first that is not placed yet
   */
  #fill(scores, from) {
    const to = from + ROWS_AT_ONCE;
    scores.slice(from, to).forEach((score, index) => this.#place(score, from + index));
    if (to < scores.length) this.#filling = setTimeout(() => this.#fill(scores, to));
  }

  /**
   * @param {ShownScore} score
   * @param {number} rank
   */
  #place(score, rank) {
    const row = this.#rows.get(score.label) ?? this.#row(score.label);
    this.#rows.set(score.label, row);
    const { item } = row;
    item.dataset.score = String(score.score);
    item.style.setProperty("--score", String(score.score));
    this.#mark(score.label, row);
    row.percent.textContent = numberText.percent(score.score);
    row.cosine.textContent = numberText.cosine(score.cosine);
    row.spread.hidden = score.spread === undefined;
    if (score.spread) {
      item.style.setProperty("--low", String(score.spread.low));
      item.style.setProperty("--high", String(score.spread.high));
    }
    if (this.#list.children[rank] !== item) this.#list.insertBefore(item, this.#list.children[rank] ?? null);
  }

  /** @param {string} label @param {Row} row */
  #mark(label, { tag }) {
    tag.textContent = Object.keys(this.#tags).find((words) => this.#tags[words].includes(label)) ?? "";
  }

  /** @param {string} label */
  #row(label) {
    const tag = element("span", { class: "tag" });
    const percent = element("span", { class: "number" });
    const cosine = element("span", { class: "number" });
    const bar = element("span", { class: "fill" });
    const spread = element("span", { class: "spread", hidden: true });
    const item = element(
      "li",
      { "data-label": label },
      element("span", { class: "label" }, label, " ", tag),
      element("span", { class: "cosine" }, element("span", { class: "visually-hidden" }, "cosine "), cosine),
      element("span", { class: "percent" }, percent, element("span", { class: "unit" }, "\u2009%")),
      element("span", { class: "bar", "aria-hidden": "true" }, bar, spread),
    );
    return { item, tag, percent, cosine, bar, spread };
  }

  /** The position of each row; not for long lists, where movement cannot be followed and measuring would cost a layout. */
  #places() {
    if (this.#rows.size > ROWS_AT_ONCE) return new Map();
    return new Map([...this.#rows].map(([label, { item }]) => [label, item.offsetTop]));
  }

  /** @param {Map<string, number>} before where each row stood */
  #glide(before) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches || before.size === 0) return;
    for (const [label, { item }] of this.#rows) {
      const moved = (before.get(label) ?? item.offsetTop) - item.offsetTop;
      if (moved !== 0)
        item.animate([{ transform: `translateY(${moved}px)` }, { transform: "none" }], {
          duration: MOVE_MS,
          easing: "ease-out",
        });
    }
  }
}

customElements.define("score-list", ScoreList);
