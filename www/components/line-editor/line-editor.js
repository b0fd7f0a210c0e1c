// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import "../error-note/error-note.js";
import { takeLargePastes } from "./large-paste.js";

/**
 * What the label editor and the template editor share: a field with one entry a line, its count, the fault below it, and
 * presets. Properties: `text`; `fault`, a sentence; `chosenPreset`; `presets`, `{ id, title }[]`. Events `edit-lines` with
 * `detail.text` at every key, `choose-preset` with `detail.id`.
 */
export class LineEditor extends Component {
  #input;
  #count = element("span", { class: "field-count" });
  #fault = element("error-note");
  #presets;

  /**
   * @param {object} wording
   * @param {string} wording.id of the field
   * @param {string} wording.title
   * @param {string} wording.hint
   * @param {number} wording.rows
   * @param {string} wording.described the id of what else describes the field
   * @param {string} wording.presets what the presets are called
   */
  constructor({ id, title, hint, rows, described, presets }) {
    super();
    this.#input = element("textarea", {
      id,
      rows,
      spellcheck: false,
      autocapitalize: "off",
      "aria-describedby": `${id}-hint ${described}`,
    });
    this.#presets = element("div", { class: "chips", role: "group", "aria-label": presets });
    this.wording = { id, title, hint };
  }

  build() {
    const { id, title, hint } = this.wording;
    this.append(
      element("div", { class: "field-head" }, element("label", { for: id }, title), this.#count),
      element("p", { id: `${id}-hint`, class: "hint" }, hint),
      this.#input,
      this.#fault,
      ...this.belowField(),
      this.#presets,
    );
    takeLargePastes(this.#input);
    this.#input.addEventListener("input", () => this.send("edit-lines", { text: this.#input.value }));
  }

  /** What stands between the field and the presets. @returns {HTMLElement[]} */
  belowField() {
    return [];
  }

  /** Leaves the caret alone where the text is already there. */
  set text(/** @type {string} */ text) {
    if (this.#input.value !== text) this.#input.value = text;
  }

  /** Puts the focus on the field, with all of its text selected: what is typed next takes its place. */
  select() {
    this.#input.focus();
    this.#input.select();
  }

  set count(/** @type {string} */ count) {
    this.#count.textContent = count;
  }

  /** Whether the text cannot be used as it is. */
  set invalid(/** @type {boolean} */ invalid) {
    this.#input.setAttribute("aria-invalid", String(invalid));
  }

  set fault(/** @type {string | null} */ message) {
    this.#fault.fault = message === null ? null : { message };
  }

  /** The preset that the text is, or `null`. */
  set chosenPreset(/** @type {string | null} */ chosen) {
    for (const chip of this.#presets.children)
      chip.setAttribute("aria-pressed", String(chip.getAttribute("data-id") === chosen));
  }

  set presets(/** @type {{ id: string, title: string }[]} */ presets) {
    this.#presets.replaceChildren(
      ...presets.map(({ id, title }) => {
        const chip = element("button", { type: "button", class: "chip", "data-id": id }, title);
        chip.addEventListener("click", () => this.send("choose-preset", { id }));
        return chip;
      }),
    );
  }
}
