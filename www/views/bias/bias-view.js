// @ts-check
/**
 * The Bias view: groups of pictures beside each other, with what such a test can and cannot show said first. `data-state` is
 * `ready` once there is a result.
 */
/** @import { ResearchDesk } from "../research/research-desk.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { slopeChart } from "../research/charts.js";
import { figure } from "../research/figure.js";
import { movedTable, save, table, withInterval } from "../research/tables.js";
import { biasLayout } from "./bias-layout.js";

const VERDICTS = /** @type {Record<string, string>} */ ({
  different: "different",
  "no-evidence": "no evidence of a difference",
  "too-few-pictures": "too few pictures for a verdict",
});
/** Labels that have a column; all are in the JSON. */
const MOST_COLUMNS = 60;

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
    this.listen(this.#parts.compare, "click", () => this.#compareSets());
    this.listen(this.#parts.associate, "click", () => this.#associate());
    this.listen(groupsFile, "click", () => groupsInput.click());
    this.listen(groupsInput, "change", () => this.#readGroups());
    this.listen(saveJson, "click", () => save("bias.json", `${JSON.stringify(this.#result, null, 1)}\n`, "application/json"));
    this.#showData();
  }

  #showData() {
    const { needsData, controls, labels, others, groups } = this.#parts;
    const { data } = this.#desk;
    needsData.hidden = data !== null;
    controls.hidden = data === null;
    if (!data) return;
    for (const field of [labels, others]) if (field.value === "") field.value = this.#desk.classes.join("\n");
    if (groups.value === "" && data.groups) groups.value = data.groups;
    this.#nameGroups(this.#desk.classes);
  }

  /** @param {string[]} names */
  #nameGroups(names) {
    const { first, second } = this.#parts;
    for (const [select, place] of /** @type {const} */ ([[first, 0], [second, 1]])) {
      const chosen = select.value;
      select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
      select.value = names.includes(chosen) ? chosen : (names[place] ?? "");
    }
  }

  async #readGroups() {
    const [file] = this.#parts.groupsInput.files ?? [];
    this.#parts.groupsInput.value = "";
    if (file) this.#parts.groups.value = await file.text();
  }

  async #measure() {
    const { run, groups, labels: field } = this.#parts;
    const labels = linesOf(field);
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

  async #compareSets() {
    const { setsRun: run, sets, labels, others } = this.#parts;
    this.dataset.state = "working";
    await run.run(async (signal) => {
      const asked = { labels: linesOf(labels), others: linesOf(others), templates: this.#desk.templates };
      const { counts, moved } = await this.#desk.bench("labelSets", asked, { signal });
      const row = (/** @type {any} */ { label, first, second }) => [label, first ?? "–", second ?? "–", (second ?? 0) - (first ?? 0)];
      const words = `${moved.length} of ${this.#desk.embedded} pictures move.`;
      const twin = table("Pictures of each label", ["Label", "first set", "second set", "change"], /** @type {any[]} */ (counts), row);
      sets.replaceChildren(element("p", {}, words), element("div", { class: "beside" }, figure(slopeChart(counts)), twin), movedTable(moved));
      this.send("announce", { text: words });
      this.dataset.state = "ready";
    });
  }

  async #associate() {
    const { associationRun: run, association: place, first, second, near, far, groups } = this.#parts;
    this.dataset.state = "working";
    await run.run(async (signal) => {
      const asked = { first: first.value, second: second.value, near: linesOf(near), far: linesOf(far) };
      if (asked.near.length === 0 || asked.far.length === 0) throw new Error("Write words on both sides.");
      if (asked.first === asked.second) throw new Error("Choose two different groups.");
      const around = { templates: this.#desk.templates, seed: 0, groups: groups.value.trim() };
      const found = await this.#desk.bench("association", { ...asked, ...around }, { signal });
      if (!found) throw new Error("One of the groups has no picture. Compare the groups first: then those of the table can be chosen.");
      const { effect, p = 1, small } = found;
      const size = effect === null ? "none can be told" : effect.toFixed(2);
      const words = `Effect ${size}, p ${p.toFixed(4)}${small ? ": too few pictures for a verdict" : ""}.`;
      const nearness = (/** @type {any} */ { value, low, high }) => `${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
      const rows = [[asked.first, nearness(found.first)], [asked.second, nearness(found.second)]];
      place.replaceChildren(element("p", {}, words), table("Nearer to the first words than to the others", ["Group", "Mean difference of cosines"], rows, (row) => row));
      this.send("announce", { text: words });
      this.dataset.state = "ready";
    });
  }

  #showResult() {
    const { tables, outcome } = this.#parts;
    const { groups, differences, labels } = this.#result;
    this.#nameGroups(groups.map((/** @type {any} */ { group }) => group));
    outcome.hidden = false;
    const columns = labels.slice(0, MOST_COLUMNS);
    const size = (/** @type {any} */ { group, images, small }) => [group, images, small ? "too few for a verdict" : ""];
    const shares = (/** @type {"score" | "top1"} */ which) => (/** @type {any} */ { group, labels }) => [
      group,
      ...labels.slice(0, MOST_COLUMNS).map((/** @type {any} */ label) => withInterval(label[which])),
    ];
    const sorted = [...differences].sort((/** @type {any} */ a, /** @type {any} */ b) => a.p_adjusted - b.p_adjusted || a.p - b.p);
    const row = (/** @type {any} */ one) => [
      one.label,
      `${one.first} – ${one.second}`,
      `${(one.difference * 100).toFixed(1)}`,
      one.effect?.toFixed(2) ?? "–",
      one.p.toFixed(4),
      one.p_adjusted.toFixed(4),
      VERDICTS[one.verdict],
    ];
    const found = differences.filter((/** @type {any} */ { verdict }) => verdict === "different").length;
    tables.replaceChildren(
      element("p", {}, `${differences.length} tests; after Holm’s correction ${found} show a difference.`),
      table("Groups", ["Group", "Pictures", ""], groups, size),
      table("Differences of mean scores, by adjusted p", ["Label", "Groups", "Points", "Cohen’s d", "p", "after Holm", ""], sorted, row),
      table("Mean score of each label", ["Group", ...columns], groups, shares("score")),
      table("How often each label is best", ["Group", ...columns], groups, shares("top1")),
    );
    this.send("announce", { text: `${differences.length} tests, ${found} differences.` });
  }
}

/** @param {HTMLTextAreaElement} field */
function linesOf({ value }) {
  return [...new Set(value.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
}

customElements.define("bias-view", BiasView);
