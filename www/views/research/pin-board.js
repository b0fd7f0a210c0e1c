// @ts-check
/** @import { Subject } from "./subject.js" */
import { Component } from "../../dom/component.js";
import { button } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import { pinStore } from "./pin-store.js";
import { documentOf, subjectText } from "./subject.js";
import { saveJson } from "./tables.js";

/**
 * A pinned result, kept with its subject for comparison.
 *
 * @typedef {object} Pin
 * @property {string} id
 * @property {string} name a letter
 * @property {Subject} subject
 * @property {any} result
 */

/** As many as a chart tells apart, and one for what is measured now. */
const MOST_PINS = 4;
const NAMES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/**
 * Runs that are pinned, those of earlier visits too, each with what it is of and buttons that save and remove it. Attribute
 * `data-kind`: what files and saved documents are called. Call `pin(subject, result)`. Event `pins` when there are others.
 */
export class PinBoard extends Component {
  #list = element("ul", { class: "pins", "aria-label": "Pinned runs" });
  #words = element("p", { class: "hint" });
  /** @type {Pin[]} */
  #pins = [];
  /** Whether they outlive this tab. */
  #keeps = true;
  /** Settles when what was begun is done: one change at a time, which is shown once it is kept. */
  #turn = Promise.resolve();

  build() {
    this.append(this.#words, this.#list);
    this.#turn = this.#recall();
    this.#show();
  }

  /** @returns {readonly Pin[]} the oldest first */
  get pins() {
    return this.#pins;
  }

  get isFull() {
    return this.#pins.length >= MOST_PINS;
  }

  get #kind() {
    return this.dataset.kind ?? "run";
  }

  /** @param {Subject} subject @param {any} result */
  pin(subject, result) {
    this.#turn = this.#turn.then(async () => {
      if (this.isFull) return;
      const pin = Object.freeze({ id: pinStore.newId(), name: freeName(this.#pins), subject, result });
      this.#keeps = await pinStore.write(this.#kind, pin);
      this.#change([...this.#pins, pin]);
    });
  }

  async #recall() {
    /** @type {Pin[]} */
    const pins = [];
    // Two tabs may have given one letter twice.
    for (const pin of await pinStore.read(this.#kind)) {
      const isTaken = pins.some(({ name }) => name === pin.name);
      pins.push(Object.freeze(isTaken ? { ...pin, name: freeName(pins) } : pin));
    }
    if (pins.length > 0) this.#change(pins);
  }

  /** @param {Pin} pin */
  #remove(pin) {
    this.#turn = this.#turn.then(async () => {
      await pinStore.remove(this.#kind, pin);
      this.#change(this.#pins.filter((other) => other !== pin));
    });
  }

  /** @param {Pin[]} pins */
  #change(pins) {
    this.#pins = pins;
    this.#show();
    this.send("pins");
  }

  #show() {
    this.hidden = this.#pins.length === 0;
    const kept = this.#keeps ? "Stored in this browser until you remove them." : "There is no space to store them: save them before you close this tab.";
    const more = this.isFull ? "Remove one to pin another." : "To compare, change labels or templates, load another model, or open other pictures.";
    this.#words.textContent = `Pinned for comparison. ${kept} ${more}`;
    this.#list.replaceChildren(...this.#pins.map((pin) => this.#item(pin)));
  }

  /** @param {Pin} pin */
  #item(pin) {
    const { name, subject, result } = pin;
    const save = button("Save JSON", "save");
    save.setAttribute("aria-label", `Save JSON of pin ${name}`);
    save.addEventListener("click", () => saveJson(`${this.#kind}-${name}.json`, documentOf(subject, result)));
    const remove = button("Remove");
    remove.setAttribute("aria-label", `Remove pin ${name}`);
    remove.addEventListener("click", () => this.#remove(pin));
    return element("li", {}, element("span", {}, element("strong", {}, name), ` ${subjectText(subject)}`), save, remove);
  }
}

/** The letter after the newest, or the first that is free. @param {readonly Pin[]} pins */
function freeName(pins) {
  const next = pins.length > 0 ? NAMES.indexOf(pins[pins.length - 1].name) + 1 : 0;
  const names = [...NAMES.slice(next), ...NAMES.slice(0, next)];
  return names.find((letter) => pins.every(({ name }) => name !== letter)) ?? names[0];
}

customElements.define("pin-board", PinBoard);
