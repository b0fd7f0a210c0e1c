// @ts-check
/** @import { Mode } from "../../state/url-fragment.js" */
/** @import { ShownScore } from "../score-list/score-list.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/** In place of an answer where the model recognizes no label. */
export const NO_MATCH = "No match";
/** A lead of fewer points than this is no answer. */
const CLOSE_POINTS = 10;

/**
 * The answer in large type: the best label, its score, and by how much it leads; or that the model recognizes none. Property
 * `answer`: `{ scores, mode, none }`, the best score first; `none` is a sentence where no label is recognized. `message` takes the
 * place of an answer while there is none. `text` is the whole of it as one sentence.
 */
export class AnswerReadout extends Component {
  #label = element("p", { class: "answer-label" });
  #percent = element("p", { class: "answer-percent" });
  #lead = element("p", { class: "answer-lead" });

  build() {
    this.append(this.#label, this.#percent, this.#lead);
  }

  set message(/** @type {string} */ message) {
    this.#label.textContent = "";
    this.#percent.textContent = "";
    this.#lead.textContent = message;
    this.removeAttribute("data-close");
    this.removeAttribute("data-none");
  }

  /** @param {{ scores: ShownScore[], mode: Mode, none?: string }} answer */
  set answer({ scores, mode, none }) {
    const [best, next] = scores;
    if (none) {
      this.message = none;
      this.#label.textContent = NO_MATCH;
      this.setAttribute("data-none", "");
      return;
    }
    this.removeAttribute("data-none");
    this.#label.textContent = best.label;
    // With one label alone, compared with none, the score says nothing.
    if (!next && mode === "softmax") this.#percent.textContent = "";
    else this.#percent.replaceChildren(numberText.percent(best.score), element("span", { class: "unit" }, "\u2009%"));
    const points = next ? (best.score - next.score) * 100 : Infinity;
    this.toggleAttribute("data-close", points < CLOSE_POINTS);
    this.#lead.textContent = next ? lead(next.label, points, mode) : "";
  }

  get text() {
    return [this.#label, this.#percent, this.#lead]
      .map(({ textContent }) => textContent)
      .filter(Boolean)
      .join(", ");
  }
}

/**
 * @param {string} next
 * @param {number} points
 * @param {Mode} mode
 */
function lead(next, points, mode) {
  const distance = `${points.toFixed(1)} ${points.toFixed(1) === "1.0" ? "point" : "points"}`;
  if (points < CLOSE_POINTS) return `Too close to call: ${distance} ahead of ${next}`;
  return mode === "softmax" ? `${distance} ahead of ${next}` : `Next: ${next}, ${distance} lower`;
}

customElements.define("answer-readout", AnswerReadout);
