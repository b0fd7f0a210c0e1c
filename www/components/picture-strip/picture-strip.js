// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/**
 * A row of small pictures to choose from. Properties `entries` and `chosen` (an id or `null`); event `choose-picture` with
 * `detail.id`. The element's `aria-label` names the row.
 *
 * @typedef {{ id: string, src: string, title: string, verdict?: string, failed?: boolean }} StripEntry
 */
export class PictureStrip extends Component {
  /** @type {StripEntry[]} */
  #entries = [];
  /** @type {string | null} */
  #chosen = null;
  #list = element("ul", { role: "list" });

  build() {
    const label = this.getAttribute("aria-label");
    if (label) {
      this.#list.setAttribute("aria-label", label);
      this.removeAttribute("aria-label");
    }
    this.append(this.#list);
  }

  set entries(/** @type {StripEntry[]} */ entries) {
    this.#entries = entries;
    this.hidden = entries.length === 0;
    this.#list.replaceChildren(...entries.map((entry) => this.#item(entry)));
    this.chosen = this.#chosen;
  }

  set chosen(/** @type {string | null} */ chosen) {
    this.#chosen = chosen;
    for (const button of this.#list.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.dataset.id === chosen));
    }
  }

  /** @param {StripEntry} entry */
  #item({ id, src, title, verdict, failed }) {
    const button = element("button", { type: "button", title, "data-id": id }, element("img", { src, alt: title, loading: "lazy", draggable: false }));
    if (failed) button.dataset.failed = "";
    if (verdict) button.append(element("span", { class: "verdict" }, verdict));
    button.addEventListener("click", () => this.send("choose-picture", { id }));
    return element("li", {}, button);
  }
}

customElements.define("picture-strip", PictureStrip);
