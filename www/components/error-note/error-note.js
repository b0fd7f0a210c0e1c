// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";

/**
 * An error as a sentence, beside the thing it is about. Hidden while there is none.
 *
 * Property `fault`: `{ message, details?, action? }` or `null`. Event `act` when its one button is pressed.
 *
 * @typedef {{ message: string, details?: string, action?: string }} Fault
 */
export class ErrorNote extends Component {
  /** @type {Fault | null} */
  #fault = null;

  build() {
    this.setAttribute("role", "alert");
    this.#render();
  }

  get fault() {
    return this.#fault;
  }

  set fault(fault) {
    if (same(fault, this.#fault)) return;
    this.#fault = fault;
    this.#render();
  }

  #render() {
    const fault = this.#fault;
    this.hidden = fault === null;
    this.replaceChildren();
    if (!fault) return;
    const text = element("div", { class: "error-text" }, element("p", {}, fault.message));
    if (fault.details) {
      text.append(element("details", {}, element("summary", {}, "Details"), element("pre", {}, fault.details)));
    }
    this.append(icon("alert"), text);
    if (fault.action) {
      const button = element("button", { type: "button", class: "button" }, fault.action);
      button.addEventListener("click", () => this.send("act"));
      this.append(button);
    }
  }
}

/**
 * @param {Fault | null} one
 * @param {Fault | null} other
 */
function same(one, other) {
  return one?.message === other?.message && one?.details === other?.details && one?.action === other?.action;
}

customElements.define("error-note", ErrorNote);
