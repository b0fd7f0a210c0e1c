// @ts-check
/** @import { LineProblem } from "../../state/label-lines.js" */
import { button } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import { listOf } from "../../state/label-lines.js";
import { LineEditor } from "../line-editor/line-editor.js";

/** How many remarks are shown before the rest is counted. */
const MOST_REMARKS = 4;

/**
 * The labels, one a line. Property `reading`: what its owner made of the text; the rest is as in `LineEditor`. Offers to split a
 * single label that is a list.
 */
export class LabelEditor extends LineEditor {
  #remarks = element("ul", { id: "labels-remarks", class: "remarks" });
  #split = button("");
  /** What a single label splits into; empty where it is no list. @type {string[]} */
  #parts = [];

  constructor() {
    super({
      id: "labels",
      title: "Labels",
      hint: "What could it be? One label per line, without “a” or “the”. Plain words work best: “airplane”, not “passenger plane”.",
      rows: 6,
      described: "labels-remarks",
      presets: "Label presets",
    });
  }

  belowField() {
    this.#split.addEventListener("click", () => {
      this.send("edit-lines", { text: this.#parts.join("\n") });
      this.select();
    });
    return [this.#remarks, this.#split];
  }

  /** @param {{ labels: string[], problems: LineProblem[] }} reading */
  set reading({ labels, problems }) {
    this.count = labels.length === 1 ? "1 label" : `${labels.length} labels`;
    this.#parts = labels.length === 1 ? listOf(labels[0]) : [];
    this.#split.hidden = this.#parts.length < 2;
    this.#split.textContent = `Split into ${this.#parts.length} labels`;
    const blocking = problems.find((problem) => problem.blocking);
    this.invalid = blocking !== undefined;
    this.fault = blocking?.message ?? null;
    const remarks = problems.filter((problem) => !problem.blocking).map((problem) => problem.message);
    const more = remarks.length - MOST_REMARKS;
    const shown =
      more > 0 ? [...remarks.slice(0, MOST_REMARKS), `${more} more lines are skipped for the same reasons.`] : remarks;
    this.#remarks.hidden = shown.length === 0;
    this.#remarks.replaceChildren(...shown.map((remark) => element("li", {}, remark)));
  }
}

customElements.define("label-editor", LabelEditor);
