// @ts-check
/**
 * The Bias view: groups of pictures beside each other, with what such a test can and cannot show said first. `data-state` is
 * `ready` once there is a result.
 */
/** @import { ResearchDesk } from "../research/research-desk.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { save, table, withInterval } from "../research/tables.js";
import { biasLayout } from "./bias-layout.js";

const VERDICTS = /** @type {Record<string, string>} */ ({
  different: "different",
  "no-evidence": "no evidence of a difference",
  "too-few-pictures": "too few pictures for a verdict",
});
/** Differences that are listed; the smallest p first. */
const MOST_ROWS = 100;

export class BiasView extends Component {
  #parts = biasLayout();
  #desk;
  /** @type {any} */
  #result = null;

  /** @param {{ desk: ResearchDesk }} wiring */
  constructor({ desk }) {
    super();
    this.#desk = desk;
  }

  build() {
    this.append(...this.#parts.all);
    const { start, groupsFile, groupsInput, saveJson, labels } = this.#parts;
    this.listen(this.#desk, "data", () => this.#showData());
    this.listen(start, "click", () => this.#measure());
    this.listen(groupsFile, "click", () => groupsInput.click());
    this.listen(groupsInput, "change", () => this.#readGroups());
    this.listen(saveJson, "click", () => save("bias.json", `${JSON.stringify(this.#result, null, 1)}\n`, "application/json"));
    labels.value = this.#desk.classes.join("\n");
    this.#showData();
  }

  #showData() {
    const { needsData, controls, labels, groups } = this.#parts;
    const { data } = this.#desk;
    needsData.hidden = data !== null;
    controls.hidden = data === null;
    if (!data) return;
    if (labels.value === "") labels.value = this.#desk.classes.join("\n");
    if (groups.value === "" && data.groups) groups.value = data.groups;
  }

  async #readGroups() {
    const [file] = this.#parts.groupsInput.files ?? [];
    this.#parts.groupsInput.value = "";
    if (file) this.#parts.groups.value = await file.text();
  }

  async #measure() {
    const { run, groups, labels: field } = this.#parts;
    const labels = [...new Set(field.value.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
    this.dataset.state = "working";
    await run.run(async (signal) => {
      run.words = "Comparing the groups.";
      const onProgress = (/** @type {{ done: number, total: number }} */ steps) => (run.steps = steps);
      const question = { labels, templates: this.#desk.templates, seed: 0 };
      const measured = await this.#desk.bench("bias", { ...question, groups: groups.value.trim() }, { signal, onProgress });
      if (measured.groups.length < 2) throw new Error("There is one group only: at least two are compared.");
      this.#result = { ...question, ...measured };
      run.words = "";
      this.#showResult();
      this.dataset.state = "ready";
    });
  }

  #showResult() {
    const { tables, outcome } = this.#parts;
    const { groups, differences, labels } = this.#result;
    outcome.hidden = false;
    const sizes = groups.map((/** @type {any} */ { group, images, small }) => [group, images, small ? "too few for a verdict" : ""]);
    const shares = groups.map((/** @type {any} */ { group, labels }) => [group, ...labels.map((/** @type {any} */ { score }) => withInterval(score))]);
    const best = groups.map((/** @type {any} */ { group, labels }) => [group, ...labels.map((/** @type {any} */ { top1 }) => withInterval(top1))]);
    const sorted = [...differences].sort((/** @type {any} */ a, /** @type {any} */ b) => a.p_adjusted - b.p_adjusted || a.p - b.p);
    const rows = sorted.slice(0, MOST_ROWS).map((/** @type {any} */ one) => [
      one.label,
      `${one.first} – ${one.second}`,
      `${(one.difference * 100).toFixed(1)}`,
      one.effect?.toFixed(2) ?? "–",
      one.p.toFixed(4),
      one.p_adjusted.toFixed(4),
      VERDICTS[one.verdict],
    ]);
    const found = differences.filter((/** @type {any} */ { verdict }) => verdict === "different").length;
    tables.replaceChildren(
      element("p", {}, `${differences.length} tests; after Holm’s correction ${found} show a difference.`),
      table("Groups", ["Group", "Pictures", ""], sizes),
      table("Differences of mean scores, by adjusted p", ["Label", "Groups", "Points", "Cohen’s d", "p", "after Holm", ""], rows),
      table("Mean score of each label", ["Group", ...labels], shares),
      table("How often each label is best", ["Group", ...labels], best),
    );
    this.send("announce", { text: `${differences.length} tests, ${found} differences.` });
  }
}

customElements.define("bias-view", BiasView);
