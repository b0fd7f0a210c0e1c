// @ts-check
/** @import { ResearchDesk } from "../research/research-desk.js" */
import { Component } from "../../dom/component.js";
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import "../research/run-line.js";
import { movedTable, table, withInterval } from "../research/tables.js";

/** @typedef {{ labels: string[], templates: string[], seed: number }} Question */

/** How much hangs on what a class is called: one label under other names, the others as they are. Property `question`. */
export class WordsPanel extends Component {
  #desk;
  #label = element("select", { id: "words-label" });
  #others = element("textarea", { id: "words-others", rows: 3, spellcheck: false });
  #start = button("Try these names");
  #run = element("run-line");
  #tables = element("div", { class: "tables" });
  /** @type {Question} */
  #question = { labels: [], templates: [], seed: 0 };
  /** Whether there is an answer, or one on its way: when the question around it changes, so does the answer. */
  #asked = false;

  /** @param {{ desk: ResearchDesk }} wiring */
  constructor({ desk }) {
    super();
    this.#desk = desk;
  }

  build() {
    this.append(
      element("h2", {}, "Other words"),
      element("p", { class: "hint" }, "The class keeps its pictures and gets another name; a picture has moved when it goes to another class, not when its class is renamed."),
      element(
        "div",
        { class: "fields" },
        field("Label", this.#label),
        field("Other names for it, one a line", this.#others),
      ),
      actions(this.#start),
      this.#run,
      this.#tables,
    );
    this.#start.addEventListener("click", () => this.#measure());
  }

  /** @param {Question} question */
  set question(question) {
    const chosen = this.#label.value;
    this.#question = question;
    this.#label.replaceChildren(...question.labels.map((label) => element("option", { value: label }, label)));
    const isThere = question.labels.includes(chosen);
    if (isThere) this.#label.value = chosen;
    this.#tables.replaceChildren();
    this.#asked &&= isThere;
    if (this.#asked && !this.#run.isRunning) this.#measure();
  }

  async #measure() {
    this.dataset.state = "working";
    await this.#run.run(async (signal) => {
      const lines = this.#others.value.split("\n").map((line) => line.trim());
      const others = [...new Set(lines)].filter((line) => line !== "" && line !== this.#label.value);
      if (others.length === 0) throw new Error("Write at least one other name.");
      this.#asked = true;
      signal.addEventListener("abort", () => (this.#asked = false));
      for (let shown = false; this.#asked && !shown; ) {
        const question = this.#question;
        const namings = await this.#desk.bench("namings", { ...question, label: this.#label.value, others }, { signal });
        shown = question === this.#question;
        if (shown) this.#show(namings);
      }
      this.dataset.state = "ready";
    });
  }

  /** @param {any[]} namings */
  #show(namings) {
    const heads = ["Name", "acc1", "Recall of the class", "Taken for it", "Moved", "McNemar’s p"];
    const values = namings.map(({ acc1 }) => acc1.value * 100);
    const words = `acc1 goes from ${Math.min(...values).toFixed(1)} to ${Math.max(...values).toFixed(1)} % by this one name.`;
    this.#tables.replaceChildren(
      element("p", {}, words),
      table("The class under each name", heads, namings, ({ name, acc1, recall, predicted, moved, p }, index) => [
        name,
        withInterval(acc1),
        withInterval(recall),
        predicted,
        index === 0 ? "–" : moved.length,
        index === 0 ? "–" : p.toFixed(3),
      ]),
      ...namings.slice(1).flatMap(({ name, moved }) => (moved.length > 0 ? [element("details", {}, element("summary", {}, `Moved by “${name}”`), movedTable(moved))] : [])),
    );
    this.send("announce", { text: words });
  }
}

customElements.define("words-panel", WordsPanel);
