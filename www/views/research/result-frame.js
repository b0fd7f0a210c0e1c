// @ts-check
/** @import { Subject } from "./subject.js" */
import { Component } from "../../dom/component.js";
import { button } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import { listed } from "../../state/listed.js";
import { differences, documentOf, subjectText } from "./subject.js";
import { saveJson } from "./tables.js";

/**
 * A result below a line that says what was measured. When the choices change, it stays and is marked as
 * outdated.
 *
 * Call `show(subject, parts, file)` and `clear()`; set `current` to what is chosen now. Attribute `data-stale` while it is of
 * something else.
 */
export class ResultFrame extends Component {
  #whose = element("p", { class: "whose" });
  #mark = element("p", { class: "earlier", hidden: true });
  #body = element("div", { class: "tables" });
  #save = button("", "save");
  /** @type {Subject | null} */
  #subject = null;
  /** @type {object} */
  #measured = {};
  #file = "result.json";

  build() {
    this.hidden = true;
    this.#save.hidden = true;
    this.append(this.#whose, this.#mark, this.#save, this.#body);
    this.#save.addEventListener("click", () => this.#subject && saveJson(this.#file, documentOf(this.#subject, this.#measured)));
  }

  /** What the result is of; nothing while there is none. */
  get subject() {
    return this.#subject;
  }

  /** Where the parts of the result are. */
  get body() {
    return this.#body;
  }

  /**
   * @param {Subject} subject
   * @param {Node[]} parts
   * @param {{ name: string, title: string, measured: object }} [file] what a button saves, with the subject
   */
  show(subject, parts, file) {
    this.#subject = subject;
    this.#whose.textContent = `Measured: ${subjectText(subject)}.`;
    const isThere = parts.length === this.#body.childNodes.length && parts.every((part, index) => part === this.#body.childNodes[index]);
    if (!isThere) this.#body.replaceChildren(...parts);
    this.#save.hidden = !file;
    if (file) {
      this.#file = file.name;
      this.#measured = file.measured;
      this.#save.lastChild?.replaceWith(file.title);
    }
    this.hidden = false;
    this.current = subject;
  }

  clear() {
    this.#subject = null;
    this.#measured = {};
    this.#body.replaceChildren();
    this.hidden = true;
    delete this.dataset.stale;
  }

  /** What is chosen now; nothing where there is no data any more, and so no result. @param {Subject | null} current */
  set current(current) {
    if (!this.#subject) return;
    if (!current) {
      this.clear();
      return;
    }
    const changed = differences(this.#subject, current);
    this.#mark.hidden = changed.length === 0;
    this.toggleAttribute("data-stale", changed.length > 0);
    if (changed.length > 0) this.#mark.textContent = `Outdated: ${listed(changed)} changed since this was measured. Measure again, or keep it: exports and pins say what it was measured on.`;
  }
}

customElements.define("result-frame", ResultFrame);
