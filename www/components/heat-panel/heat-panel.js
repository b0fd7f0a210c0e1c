// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/** Labels to choose from: the best ones of a long list. */
const MOST_LABELS = 40;

const METHODS = [
  {
    id: "occlusion",
    title: "Occlusion",
    progress: "Occluding the picture patch by patch",
    words: "Bright areas matter most to the label: occluding them lowers its cosine most",
  },
  {
    id: "patches",
    title: "Patch similarity",
    progress: "Comparing the patches",
    words: "Bright areas are the patches most similar to the label, even if none is very similar: cosines range",
  },
];

/**
 * Which label's heatmap lies over the picture, made how, and how strongly. Properties: `labels`, the best first; `range`, what
 * the darkest and the brightest stand for; `progress`, `{ done, total }` while it is measured; `message`, a sentence in
 * place of the map's controls; `label`; `method` and `strength` in 0..1, to read. Events: `choose-method` when the map has to be made anew,
 * `choose-heat` when another one is to be shown.
 */
export class HeatPanel extends Component {
  #method = element("select", { id: "heat-method" }, ...METHODS.map(({ id, title }) => element("option", { value: id }, title)));
  #select = element("select", { id: "heat-label" });
  #range = element("input", { id: "heat-strength", type: "range", min: "0", max: "100", value: "80" });
  #of = element(
    "div",
    { class: "heat-controls", hidden: true },
    element("label", { for: "heat-label" }, "Evidence for"),
    this.#select,
    element("label", { for: "heat-strength" }, "Strength"),
    this.#range,
  );
  #note = element("p", { class: "hint" });

  /** Whether the visitor has chosen the label; until then it is the best one. */
  #chosen = false;

  build() {
    const how = element("div", { class: "heat-controls" }, element("label", { for: "heat-method" }, "Method"), this.#method);
    this.append(how, this.#of, this.#note);
    this.#method.addEventListener("input", () => this.send("choose-method"));
    this.#range.addEventListener("input", () => this.send("choose-heat"));
    this.#select.addEventListener("input", () => {
      this.#chosen = true;
      this.send("choose-heat");
    });
  }

  get method() {
    return this.#method.value;
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
    this.#of.hidden = false;
  }

  set range(/** @type {{ least: number, most: number }} */ { least, most }) {
    const figures =
      this.method === "occlusion"
        ? `, by up to ${numberText.cosine(most)}.`
        : ` from ${numberText.cosine(least)} to ${numberText.cosine(most)}.`;
    this.#note.textContent = this.#words.words + figures;
  }

  set progress(/** @type {{ done: number, total: number }} */ { done, total }) {
    this.#note.textContent = `${this.#words.progress}: ${done} of ${total}`;
  }

  set message(/** @type {string} */ message) {
    this.#of.hidden = true;
    this.#note.textContent = message;
  }

  get #words() {
    return METHODS.find(({ id }) => id === this.method) ?? METHODS[0];
  }
}

customElements.define("heat-panel", HeatPanel);
