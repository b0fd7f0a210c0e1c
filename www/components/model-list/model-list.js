// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/**
 * Models to choose from. Property `entries`; events `choose-model` and `forget-model` with `detail.id`. The element's
 * `aria-label` names the list.
 *
 * @typedef {object} ModelEntry
 * @property {string} id
 * @property {string} title
 * @property {string} text what it is for
 * @property {string[]} figures licence, sizes, accuracy, each a few words
 * @property {string} status where it stands with this device; may be empty
 * @property {string} action what the button does; empty: no button
 * @property {boolean} forgettable whether it, or a part of it, is kept here
 */
export class ModelList extends Component {
  #list = element("ul", { role: "list" });

  build() {
    const label = this.getAttribute("aria-label");
    if (label) this.#list.setAttribute("aria-label", label);
    this.removeAttribute("aria-label");
    this.append(this.#list);
  }

  /** Keeps the focus on the same model's button. */
  set entries(/** @type {ModelEntry[]} */ entries) {
    const focused = document.activeElement?.closest("model-list li")?.getAttribute("data-id");
    this.#list.replaceChildren(...entries.map((entry) => this.#row(entry)));
    if (focused) this.focusOn(focused);
  }

  /** Puts the focus on a model's button. @param {string} id */
  focusOn(id) {
    const button = this.#list.querySelector(`[data-id="${CSS.escape(id)}"] button`);
    if (button instanceof HTMLButtonElement) button.focus();
  }

  /** @param {ModelEntry} entry */
  #row({ id, title, text, figures, status, action, forgettable }) {
    const choose = element("button", { type: "button", class: "button", hidden: action === "" }, action);
    const forget = element("button", { type: "button", class: "button", hidden: !forgettable }, "Delete");
    choose.setAttribute("aria-label", `${action} ${title}`);
    forget.setAttribute("aria-label", `Delete ${title}`);
    choose.addEventListener("click", () => this.send("choose-model", { id }));
    forget.addEventListener("click", () => this.send("forget-model", { id }));
    return element(
      "li",
      { "data-id": id },
      element("h3", {}, title, status && element("span", { class: "status" }, status)),
      element("p", { class: "hint" }, text),
      element("p", { class: "figures" }, figures.join(" · ")),
      element("div", { class: "actions" }, choose, forget),
    );
  }
}

customElements.define("model-list", ModelList);
