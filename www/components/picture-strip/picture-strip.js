// @ts-check
import { buttonFor } from "../../dom/arrow-keys.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/**
 * A row of small pictures to choose from: one stop of the Tab key, and arrow keys, Home and End within. Properties `entries` and `chosen` (an id or `null`); event `choose-picture` with
 * `detail.id`. The element's `aria-label` names the row.
 *
 * @typedef {{ id: string, src: string, title: string, verdict?: string, failed?: boolean }} StripEntry
 */
export class PictureStrip extends Component {
  /** @type {Map<string, HTMLButtonElement>} */
  #buttons = new Map();
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
    this.#list.addEventListener("keydown", (event) => this.#step(event));
  }

  /** @param {KeyboardEvent} event */
  #step(event) {
    const buttons = [...this.#buttons.values()];
    const next = buttonFor(event, buttons);
    if (!next) return;
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1;
    next.focus();
  }

  /** Keeps the buttons of entries that stay, and with them the focus. */
  set entries(/** @type {StripEntry[]} */ entries) {
    this.hidden = entries.length === 0;
    this.#buttons = new Map(entries.map((entry) => [entry.id, this.#buttons.get(entry.id) ?? this.#button(entry)]));
    entries.forEach((entry, index) => {
      const button = /** @type {HTMLButtonElement} */ (this.#buttons.get(entry.id));
      showVerdict(button, entry);
      const item = button.parentElement ?? element("li", {}, button);
      if (this.#list.children[index] !== item) this.#list.insertBefore(item, this.#list.children[index] ?? null);
    });
    while (this.#list.children.length > entries.length) this.#list.lastChild?.remove();
    this.chosen = this.#chosen;
  }

  set chosen(/** @type {string | null} */ chosen) {
    const another = chosen !== this.#chosen;
    this.#chosen = chosen;
    const stop = this.#buttons.get(chosen ?? "") ?? [...this.#buttons.values()][0];
    for (const [id, button] of this.#buttons) {
      button.setAttribute("aria-pressed", String(id === chosen));
      button.tabIndex = button === stop ? 0 : -1;
    }
    if (another) this.#bringIntoView(this.#buttons.get(chosen ?? ""));
  }

  /** Moves a row that is wider than its place, and never the page. @param {HTMLElement | undefined} button */
  #bringIntoView(button) {
    if (!button || this.#list.scrollWidth <= this.#list.clientWidth) return;
    const [place, row] = [button.getBoundingClientRect(), this.#list.getBoundingClientRect()];
    if (place.left < row.left || place.right > row.right) this.#list.scrollLeft += place.left - row.left - place.width / 2;
  }

  /** @param {StripEntry} entry */
  #button({ id, src, title }) {
    const image = element("img", { src, alt: title, loading: "lazy", draggable: false });
    image.addEventListener("error", () => image.classList.add("unseen"));
    const button = element("button", { type: "button", title }, image, element("span", { class: "verdict" }));
    button.addEventListener("click", () => this.send("choose-picture", { id }));
    return button;
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {StripEntry} entry
 */
function showVerdict(button, { verdict, failed }) {
  button.toggleAttribute("data-failed", failed ?? false);
  const place = /** @type {HTMLElement} */ (button.lastElementChild);
  place.textContent = verdict ?? "";
  place.hidden = !verdict;
}

customElements.define("picture-strip", PictureStrip);
