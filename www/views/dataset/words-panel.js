// @ts-check
/** @import { Research } from "../research/research.js" */
import { Component } from "../../dom/component.js";
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import "../research/result-frame.js";
import "../research/run-line.js";
import { movedTable, rangeText, table, withInterval } from "../research/tables.js";

/** @typedef {import("../research/research.js").Question} Question */
/** @typedef {import("../research/subject.js").Subject} Subject */

/** Shows how much depends on the name of a class: evaluates one label under other names, with the others unchanged. Property `question`. */
export class WordsPanel extends Component {
  #research;
  #label = element("select", { id: "words-label" });
  #others = element("textarea", { id: "words-others", rows: 3, spellcheck: false });
  #start = button("Compare these names");
  #run = element("run-line");
  #frame = element("result-frame");
  /** @type {Question} */
  #question = { labels: [], templates: [], seed: 0 };
  /** Whether there is an answer, or one on its way: when the question around it changes, so does the answer. */
  #asked = false;

  /** @param {{ research: Research }} wiring */
  constructor({ research }) {
    super();
    this.#research = research;
  }

  build() {
    this.append(
      element("h2", {}, "Other names"),
      element("p", { class: "hint" }, "The class keeps its pictures but gets another name. A picture counts as moved if it is assigned to another class, not if its class is only renamed."),
      element(
        "div",
        { class: "fields" },
        field("Label", this.#label),
        field("Other names for it, one per line", this.#others),
      ),
      actions(this.#start),
      this.#run,
      this.#frame,
    );
    this.#start.addEventListener("click", () => this.#measure());
    for (const field of [this.#label, this.#others]) field.addEventListener("input", () => (this.current = this.#research.subject()));
  }

  /** What is chosen now. @param {Subject | null} current */
  set current(current) {
    this.#frame.current = current && { ...current, own: this.#own };
  }

  /** What only this measurement depends on. */
  get #own() {
    const lines = this.#others.value.split("\n").map((line) => line.trim());
    return { label: this.#label.value, others: [...new Set(lines)].filter((line) => line !== "" && line !== this.#label.value) };
  }

  /** @param {Question} question */
  set question(question) {
    const chosen = this.#label.value;
    this.#question = question;
    this.#label.replaceChildren(...question.labels.map((label) => element("option", { value: label }, label)));
    const isThere = question.labels.includes(chosen);
    if (isThere) this.#label.value = chosen;
    this.#asked &&= isThere;
    if (this.#asked && !this.#run.isRunning) this.#measure();
  }

  #measure() {
    const work = async (/** @type {AbortSignal} */ signal) => {
      if (this.#own.others.length === 0) throw new Error("Enter at least one other name.");
      this.#asked = true;
      signal.addEventListener("abort", () => (this.#asked = false));
      for (let shown = false; this.#asked && !shown; ) {
        const [question, own] = [this.#question, this.#own];
        const { subject, measured } = await this.#research.measure("namings", own, { question, own, signal });
        shown = question === this.#question;
        if (shown) this.#show(subject, measured);
      }
    };
    this.#run.runFor(this, work, this.#research.ends);
  }

  /** @param {Subject} subject @param {any[]} namings */
  #show(subject, namings) {
    const heads = ["Name", "Top-1 accuracy", "Class recall", "Predicted as this class", "Moved", "McNemar’s p"];
    const words = rangeText(namings, "this name");
    const parts = [
      element("p", {}, words),
      table("Results for each name", heads, namings, ({ name, acc1, recall, predicted, moved, p }, index) => [
        name,
        withInterval(acc1),
        withInterval(recall),
        predicted,
        index === 0 ? "–" : moved.length,
        index === 0 ? "–" : p.toFixed(3),
      ]),
      ...namings.slice(1).flatMap(({ name, moved }) => (moved.length > 0 ? [element("details", {}, element("summary", {}, `Moved by “${name}”`), movedTable(moved))] : [])),
    ];
    this.#frame.show(subject, parts, { name: "namings.json", title: "Save names as JSON", measured: { namings } });
    this.current = this.#research.subject();
    this.send("announce", { text: words });
  }
}

customElements.define("words-panel", WordsPanel);
