// @ts-check
/** @import { Mode } from "../../state/url-fragment.js" */
/** @import { ShownScore } from "../score-list/score-list.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/** A lead of fewer points than this is no answer. */
const CLOSE_POINTS = 10;

/**
 * The answer in large type: the best label, its score, and by how much it leads; or that no label fits, and which comes
 * nearest. Property `answer`: `{ scores, mode, noneFits }`, the best score first, or `null`; `message` takes its place while
 * there is none. `text` is the whole of it as one sentence.
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

  /** @param {{ scores: ShownScore[], mode: Mode, noneFits?: boolean }} answer */
  set answer({ scores, mode, noneFits = false }) {
    const [best, next] = scores;
    this.toggleAttribute("data-none", noneFits);
    if (noneFits) {
      this.#label.textContent = scores.length === 1 ? "This label does not fit" : "None of these labels fits";
      this.#percent.textContent = "";
      this.#lead.textContent = nearest(best, scores.length, mode);
      this.removeAttribute("data-close");
      return;
    }
    this.#label.textContent = best.label;
    this.#percent.replaceChildren(numberText.percent(best.score), element("span", { class: "unit" }, "\u2009%"));
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
 * @param {ShownScore} best
 * @param {number} labels
 * @param {Mode} mode
 */
function nearest({ label, score }, labels, mode) {
  if (labels === 1) return `The picture does not look like “${label}”`;
  return `Best guess: ${label}, ${numberText.percent(score)}\u2009%${mode === "softmax" ? " among these labels" : ""}`;
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
