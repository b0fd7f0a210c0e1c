// @ts-check
import { element } from "../../dom/element.js";
import { LineEditor } from "../line-editor/line-editor.js";

/** How many prompts the preview spells out. */
const MOST_PROMPTS = 3;

/**
 * The sentence around each label, with the very prompts it makes. Properties: `reading`, what its owner made of the text;
 * `sample`, the label that the preview shows, and how many there are; the rest is as in `LineEditor`.
 */
export class TemplateEditor extends LineEditor {
  #preview = element("div", { id: "prompt-preview", class: "prompt-preview" });
  /** @type {string[]} */
  #templates = [];
  #sample = "";
  #labelCount = 0;

  constructor() {
    super({
      id: "template",
      title: "Template",
      hint: "{} stands for the label. With several templates, the embeddings are averaged.",
      rows: 1,
      described: "prompt-preview",
      presets: "Template presets",
    });
  }

  belowField() {
    return [this.#preview];
  }

  /** @param {{ templates: string[], problems: { message: string }[] }} reading */
  set reading({ templates, problems }) {
    this.#templates = templates;
    this.invalid = problems.length > 0;
    this.fault = problems[0]?.message ?? null;
    this.#render();
  }

  /** @param {{ label: string, count: number }} sample a label to show the prompts of, and how many labels there are */
  set sample({ label, count }) {
    this.#sample = label;
    this.#labelCount = count;
    this.#render();
  }

  #render() {
    const prompts = this.#templates.length * this.#labelCount;
    this.count = prompts === 1 ? "1 prompt" : `${prompts} prompts`;
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
