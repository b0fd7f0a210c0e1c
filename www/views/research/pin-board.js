// @ts-check
/** @import { Subject } from "./subject.js" */
import { Component } from "../../dom/component.js";
import { button } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import { subjectText } from "./subject.js";

/**
 * A result that is kept to be compared, under its own name whatever is chosen later.
 *
 * @typedef {object} Pin
 * @property {string} name a letter
 * @property {Subject} subject
 * @property {any} result
 */

/** As many as a chart tells apart, and one for what is measured now. */
const MOST_PINS = 4;
const NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * Runs that are pinned, each with what it is of and a button that removes it. Call `pin(subject, result)`. Event `pins` when
 * there is one more or one less.
 */
export class PinBoard extends Component {
  #list = element("ul", { class: "pins", "aria-label": "Pinned runs" });
  #words = element("p", { class: "hint" });
  /** @type {Pin[]} */
  #pins = [];
  #count = 0;

  build() {
    this.append(this.#words, this.#list);
    this.#render();
  }

  /** @returns {readonly Pin[]} the oldest first */
  get pins() {
    return this.#pins;
  }

  get isFull() {
    return this.#pins.length >= MOST_PINS;
  }

  /** @param {Subject} subject @param {any} result */
  pin(subject, result) {
    if (this.isFull) return;
    const name = NAMES[this.#count % NAMES.length];
    this.#count += 1;
    this.#pins = [...this.#pins, Object.freeze({ name, subject, result })];
    this.#render();
    this.send("pins");
  }

  /** @param {Pin} pin */
  #remove(pin) {
    this.#pins = this.#pins.filter((other) => other !== pin);
    this.#render();
    this.send("pins");
  }

  #render() {
    this.hidden = this.#pins.length === 0;
    const more = this.isFull ? " Remove one to pin another." : " Change labels or templates, load another model, or open other pictures, to compare.";
    this.#words.textContent = `Pinned for comparison.${more}`;
    this.#list.replaceChildren(
      ...this.#pins.map((pin) => {
        const remove = button("Remove");
        remove.setAttribute("aria-label", `Remove pin ${pin.name}`);
        remove.addEventListener("click", () => this.#remove(pin));
        return element("li", {}, element("span", {}, element("strong", {}, pin.name), ` ${subjectText(pin.subject)}`), remove);
      }),
    );
  }
}

customElements.define("pin-board", PinBoard);
