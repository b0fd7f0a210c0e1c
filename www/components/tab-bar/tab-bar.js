// @ts-check
import { buttonFor } from "../../dom/arrow-keys.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/**
 * Tabs as in the ARIA Authoring Practices: one tab stop, arrows, Home and End move and select at once.
 *
 * Properties `tabs`: `{ id, title, panel }[]`, where `panel` is the element shown; `selected`: an id. Event `select-tab` with
 * `detail.id` when the visitor picks one; the owner sets `selected`.
 *
 * @typedef {{ id: string, title: string, panel: HTMLElement }} Tab
 */
export class TabBar extends Component {
  /** @type {Tab[]} */
  #tabs = [];
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();

  build() {
    this.setAttribute("role", "tablist");
  }

  attach() {
    this.listen(this, "keydown", (/** @type {KeyboardEvent} */ event) => this.#move(event));
  }

  set tabs(/** @type {Tab[]} */ tabs) {
    this.#tabs = tabs;
    this.#buttons = new Map(tabs.map((tab) => [tab.id, this.#button(tab)]));
    this.replaceChildren(...this.#buttons.values());
    for (const { id, panel } of tabs) {
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", `tab-${id}`);
    }
  }

  set selected(/** @type {string} */ selected) {
    for (const { id, panel } of this.#tabs) {
      const button = this.#buttons.get(id);
      button?.setAttribute("aria-selected", String(id === selected));
      if (button) button.tabIndex = id === selected ? 0 : -1;
      panel.hidden = id !== selected;
    }
  }

  /** @param {Tab} tab */
  #button({ id, title, panel }) {
    const button = element(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": panel.id },
      title,
    );
    button.addEventListener("click", () => this.send("select-tab", { id }));
    return button;
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const button = buttonFor(event, [...this.#buttons.values()], true);
    if (!button) return;
    button.focus();
    button.click();
  }
}

customElements.define("tab-bar", TabBar);
