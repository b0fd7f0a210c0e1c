// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import "../error-note/error-note.js";

/** How many prompts the preview spells out. */
const MOST_PROMPTS = 3;

/**
 * The sentence around each label, with the very prompts it makes. Properties: `text`; `reading`, what its owner made of the
 * text; `fault`, a sentence from the engine; `sample`, the label the preview shows; `labelCount`; `presets`, `{ id, title }[]`.
 * Events `edit-templates` with `detail.text`, `choose-template-preset` with `detail.id`.
 */
export class TemplateEditor extends Component {
  #input = element("textarea", {
    id: "template",
    rows: 1,
    spellcheck: false,
    autocapitalize: "off",
    "aria-describedby": "template-hint prompt-preview",
  });
  #count = element("span", { class: "field-count" });
  #fault = element("error-note");
  #preview = element("div", { id: "prompt-preview", class: "prompt-preview" });
  #presets = element("div", { class: "chips", role: "group", "aria-label": "Template presets" });
  /** @type {string[]} */
  #templates = [];
  #sample = "";
  #labelCount = 0;

  build() {
    this.append(
      element("div", { class: "field-head" }, element("label", { for: "template" }, "Template"), this.#count),
      element("p", { id: "template-hint", class: "hint" }, "{} is where the label goes. Several lines are averaged."),
      this.#input,
      this.#fault,
      this.#preview,
      this.#presets,
    );
    this.#input.addEventListener("input", () => this.send("edit-templates", { text: this.#input.value }));
  }

  set text(/** @type {string} */ text) {
    if (this.#input.value !== text) this.#input.value = text;
  }

  /** @param {{ templates: string[], problems: { message: string }[] }} reading */
  set reading({ templates, problems }) {
    this.#templates = templates;
    this.#input.setAttribute("aria-invalid", String(problems.length > 0));
    this.fault = problems[0]?.message ?? null;
    this.#render();
  }

  set fault(/** @type {string | null} */ message) {
    this.#fault.fault = message === null ? null : { message };
  }

  /** @param {{ label: string, count: number }} sample a label to show the prompts of, and how many labels there are */
  set sample({ label, count }) {
    this.#sample = label;
    this.#labelCount = count;
    this.#render();
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
        chip.addEventListener("click", () => this.send("choose-template-preset", { id }));
        return chip;
      }),
    );
  }

  #render() {
    const prompts = this.#templates.length * this.#labelCount;
    this.#count.textContent = prompts === 1 ? "1 prompt" : `${prompts} prompts`;
    this.#preview.hidden = this.#templates.length === 0 || this.#sample === "";
    const shown = this.#templates.slice(0, MOST_PROMPTS).map((template) => prompt(template, this.#sample));
    const more = this.#templates.length - shown.length;
    if (more > 0) shown.push(element("li", { class: "more" }, `and ${more} more`));
    this.#preview.replaceChildren(
      element("span", { class: "hint" }, "The model reads"),
      element("ul", { role: "list" }, ...shown),
    );
  }
}

/**
 * @param {string} template
 * @param {string} label
 */
function prompt(template, label) {
  const line = element("li");
  template.split("{}").forEach((part, index) => {
    if (index > 0) line.append(element("mark", {}, label));
    line.append(part);
  });
  return line;
}

customElements.define("template-editor", TemplateEditor);
