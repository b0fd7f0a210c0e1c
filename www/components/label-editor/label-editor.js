// @ts-check
/** @import { LineProblem } from "../../state/label-lines.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import "../error-note/error-note.js";

/** How many remarks are shown before the rest is counted. */
const MOST_REMARKS = 4;

/**
 * The labels, one a line. Properties: `text`; `reading`, what its owner made of the text; `fault`, a sentence from the engine
 * about the labels; `presets`, `{ id, title }[]`. Events `edit-labels` with `detail.text` at every key, `choose-preset` with
 * `detail.id`.
 */
export class LabelEditor extends Component {
  #input = element("textarea", {
    id: "labels",
    rows: 6,
    spellcheck: false,
    autocapitalize: "off",
    "aria-describedby": "labels-hint labels-remarks",
  });
  #count = element("span", { class: "field-count" });
  #remarks = element("ul", { id: "labels-remarks", class: "remarks" });
  #fault = element("error-note");
  #presets = element("div", { class: "chips", role: "group", "aria-label": "Label presets" });

  build() {
    this.append(
      element("div", { class: "field-head" }, element("label", { for: "labels" }, "Labels"), this.#count),
      element("p", { id: "labels-hint", class: "hint" }, "What could it be? One answer a line, without “a” or “the”."),
      this.#input,
      this.#fault,
      this.#remarks,
      this.#presets,
    );
    this.#input.addEventListener("input", () => this.send("edit-labels", { text: this.#input.value }));
  }

  /** Leaves the caret alone where the text is already there. */
  set text(/** @type {string} */ text) {
    if (this.#input.value !== text) this.#input.value = text;
  }

  /** @param {{ labels: string[], problems: LineProblem[] }} reading */
  set reading({ labels, problems }) {
    this.#count.textContent = labels.length === 1 ? "1 label" : `${labels.length} labels`;
    const blocking = problems.find((problem) => problem.blocking);
    this.#input.setAttribute("aria-invalid", String(blocking !== undefined));
    this.fault = blocking?.message ?? null;
    const remarks = problems.filter((problem) => !problem.blocking).map((problem) => problem.message);
    const more = remarks.length - MOST_REMARKS;
    const shown =
      more > 0 ? [...remarks.slice(0, MOST_REMARKS), `${more} more lines are left out for such reasons.`] : remarks;
    this.#remarks.hidden = shown.length === 0;
    this.#remarks.replaceChildren(...shown.map((remark) => element("li", {}, remark)));
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

customElements.define("label-editor", LabelEditor);
