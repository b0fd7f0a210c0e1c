// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/** Labels to choose from: the best ones of a long list. */
const MOST_LABELS = 40;

/**
 * Which label's heatmap lies over the picture, and how strongly. Properties: `labels`, the best first; `progress`,
 * `{ done, total }` while it is measured; `message`, a sentence in place of all; `label`; `strength` in 0..1, to read. Event
 * `choose-heat` when either changes.
 */
export class HeatPanel extends Component {
  #select = element("select", { id: "heat-label" });
  #range = element("input", { id: "heat-strength", type: "range", min: "0", max: "100", value: "80" });
  #controls = element(
    "div",
    { class: "heat-controls", hidden: true },
    element("label", { for: "heat-label" }, "What speaks for"),
    this.#select,
    element("label", { for: "heat-strength" }, "Strength"),
    this.#range,
  );
  #note = element("p", { class: "hint" });

  /** Whether the visitor has chosen the label; until then it is the best one. */
  #chosen = false;

  build() {
    this.append(this.#controls, this.#note);
    this.#range.addEventListener("input", () => this.send("choose-heat"));
    this.#select.addEventListener("input", () => {
      this.#chosen = true;
      this.send("choose-heat");
    });
  }

  get label() {
    return this.#select.value;
  }

  get strength() {
    return this.#range.valueAsNumber / 100;
  }

  /** A label that is not among `labels` is not taken. */
  set label(/** @type {string} */ label) {
    this.#select.value = [...this.#select.options].some(({ value }) => value === label) ? label : this.label;
  }

  /** Keeps the label that the visitor chose, where it is still there. */
  set labels(/** @type {string[]} */ ranked) {
    const labels = ranked.slice(0, MOST_LABELS);
    this.#chosen &&= labels.includes(this.label);
    const kept = this.#chosen ? this.label : labels[0];
    this.#select.replaceChildren(
      ...labels.map((label) => element("option", { value: label, selected: label === kept }, label)),
    );
    this.#controls.hidden = false;
    this.#note.textContent = "Bright is what the label rests on: covered there, its cosine drops most.";
  }

  set progress(/** @type {{ done: number, total: number }} */ { done, total }) {
    this.message = `Covering the picture patch by patch: ${done} of ${total}`;
  }

  set message(/** @type {string} */ message) {
    this.#controls.hidden = true;
    this.#note.textContent = message;
  }
}

customElements.define("heat-panel", HeatPanel);
