// @ts-check
/**
 * The Bias view: compares groups of pictures, and says first what such a test can and cannot show. `data-state` is
 * `working`, then `ready` with a result or `failed` without one. A result keeps what it is of; it is marked once something else is chosen.
 */
/** @import { Research } from "../research/research.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { slopeChart } from "../research/charts.js";
import { figure } from "../research/figure.js";
import { textOf } from "../research/text-of.js";
import { boundsText, movedTable, table, withCount, withInterval } from "../research/tables.js";
import { biasLayout } from "./bias-layout.js";

const VERDICTS = /** @type {Record<string, string>} */ ({
  different: "different",
  "no-evidence": "no evidence of a difference",
  "too-few-pictures": "too few pictures to tell",
});
/** Labels that have a column; all are in the JSON. */
const MOST_COLUMNS = 60;

export class BiasView extends Component {
  #parts = biasLayout();
  #research;
  /** The data that the fields are of. @type {import("../research/data-files.js").DataFiles | null} */
  #data = null;

  /** @param {{ research: Research }} wiring */
  constructor({ research }) {
    super();
    this.#research = research;
  }

  build() {
    this.append(...this.#parts.all);
    const { start, groupsFile, groupsInput, labels, others, groups, first, second, near, far } = this.#parts;
    this.listen(this.#research, "data", () => this.#showData());
    this.listen(this.#research, "question", () => this.#showData());
    this.listen(start, "click", () => this.#measure());
    this.listen(this.#parts.compare, "click", () => this.#compareSets());
    this.listen(this.#parts.associate, "click", () => this.#associate());
    this.listen(groupsFile, "click", () => groupsInput.click());
    this.listen(groupsInput, "change", () => this.#readGroups());
    for (const field of [labels, others]) this.listen(field, "input", () => (field.dataset.written = ""));
    for (const field of [labels, others, groups, first, second, near, far]) this.listen(field, "input", () => this.#checkResults());
    this.#showData();
  }

  /** Labels are those of Dataset until others are written here; other data begins anew. */
  #showData() {
    const { needsData, controls, labels, others, groups } = this.#parts;
    const { data, question } = this.#research;
    needsData.hidden = data !== null;
    controls.hidden = data === null;
    if (data !== this.#data) {
      this.#data = data;
      for (const field of [labels, others]) delete field.dataset.written;
      groups.value = data?.groups ?? "";
      this.#nameGroups(this.#research.classes);
    }
    for (const field of [labels, others]) {
      if (field.dataset.written === undefined || field.value.trim() === "") field.value = question.labels.join("\n");
    }
    this.#checkResults();
  }

  /** What is on screen is what is true now, or says whose it is. */
  #checkResults() {
    const { frame, sets, association } = this.#parts;
    const current = this.#research.subject(this.#question, {});
    // Groups of a table take the place of the pictures' own labels: then the table is what must not have changed.
    const grouped = (/** @type {import("../research/result-frame.js").ResultFrame} */ { subject }, /** @type {{ groups_table: string }} */ own) => {
      const isRegrouped = own.groups_table !== "" && subject?.pictures_sha256 === current?.pictures_sha256;
      return current && { ...current, data_sha256: isRegrouped ? (subject?.data_sha256 ?? null) : current.data_sha256, own };
    };
    frame.current = grouped(frame, this.#groups);
    sets.current = current && { ...current, own: { other_labels: linesOf(this.#parts.others) } };
    association.current = grouped(association, this.#association);
  }

  /** Labels of this view, with the templates and the seed of Dataset. */
  get #question() {
    return { ...this.#research.question, labels: linesOf(this.#parts.labels) };
  }

  /** What the comparison of groups alone depends on. */
  get #groups() {
    return { groups_table: this.#parts.groups.value.trim() };
  }

  /** What the association alone depends on. */
  get #association() {
    const { first, second, near, far } = this.#parts;
    return { ...this.#groups, targets: [first.value, second.value], attributes: linesOf(near), other_attributes: linesOf(far) };
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
    const { groupsInput, groups, run } = this.#parts;
    const [file] = groupsInput.files ?? [];
    groupsInput.value = "";
    if (!file) return;
    await run.replace(async () => void (groups.value = await textOf(file)));
    this.#checkResults();
  }

  /**
   * Measures until it is done, or says why it is not; `data-state` follows.
   *
   * @param {import("../research/run-line.js").RunLine} run
   * @param {(signal: AbortSignal) => Promise<void>} work
   */
  async #running(run, work) {
    const measuring = async (/** @type {AbortSignal} */ signal) => {
      await work(signal);
      this.#checkResults();
    };
    await run.runFor(this, measuring, this.#research.ends);
  }

  async #measure() {
    const { run, frame } = this.#parts;
    await this.#running(run, async (signal) => {
      run.words = "Comparing the groups.";
      const onProgress = (/** @type {{ done: number, total: number }} */ steps) => (run.steps = steps);
      const [question, own] = [this.#question, this.#groups];
      const { subject, measured } = await this.#research.measure("bias", {}, { question, own, groups: own.groups_table, signal, onProgress });
      run.words = "";
      if (own.groups_table !== "" && measured.groups.length === 0) throw new Error("The table names none of the pictures. They are called as in Dataset’s results, such as cat/1.png.");
      if (measured.groups.length < 2) throw new Error("There is only one group: at least two are needed.");
      this.#nameGroups(measured.groups.map((/** @type {any} */ { group }) => group));
      frame.show(subject, this.#resultParts(subject, measured), { name: "bias.json", title: "Save JSON", measured: { ...measured, skipped: this.#research.leftOut } });
    });
  }

  async #compareSets() {
    const { setsRun, sets, others } = this.#parts;
    await this.#running(setsRun, async (signal) => {
      const [question, own] = [this.#question, { other_labels: linesOf(others) }];
      const asked = { others: own.other_labels };
      const { subject, measured } = await this.#research.measure("labelSets", asked, { question, own, signal });
      const { counts, moved } = measured;
      const row = (/** @type {any} */ { label, first, second }) => [label, first ?? "–", second ?? "–", (second ?? 0) - (first ?? 0)];
      const words = `${moved.length} of ${subject.images} pictures get a different answer.`;
      const twin = table("Pictures of each label", ["Label", "First set", "Second set", "Change"], /** @type {any[]} */ (counts), row);
      const parts = [element("p", {}, words), element("div", { class: "beside" }, figure(slopeChart(counts)), twin), movedTable(moved)];
      sets.show(subject, parts, { name: "label-sets.json", title: "Save sets as JSON", measured: { label_sets: measured, skipped: this.#research.leftOut } });
      this.send("announce", { text: words });
    });
  }

  async #associate() {
    const { associationRun, association: frame } = this.#parts;
    await this.#running(associationRun, async (signal) => {
      const [question, own] = [this.#question, this.#association];
      const { targets: [first, second], attributes: near, other_attributes: far } = own;
      if (near.length === 0 || far.length === 0) throw new Error("Enter words in both fields.");
      if (first === second) throw new Error("Choose two different groups.");
      const asked = { first, second, near, far };
      const { subject, measured: found } = await this.#research.measure("association", asked, { question, own, groups: own.groups_table, signal });
      if (!found) throw new Error("One of the groups has no pictures. Compare the groups first to choose from those in the table.");
      const { effect, p = 1, small } = found;
      const size = effect === null ? "undefined" : effect.toFixed(2);
      const words = `Effect size ${size}, p = ${p.toFixed(4)}${small ? ": too few pictures to tell" : ""}.`;
      const nearness = (/** @type {any} */ found) => withCount(`${found.value.toFixed(3)} (${boundsText(found, (bound) => bound.toFixed(3))})`, found.n);
      const rows = [[first, nearness(found.first)], [second, nearness(found.second)]];
      const parts = [element("p", {}, words), table("Similarity to the first words minus that to the others", ["Group", "Mean difference of cosines"], rows, (row) => row)];
      frame.show(subject, parts, { name: "association.json", title: "Save association as JSON", measured: { association: found, skipped: this.#research.leftOut } });
      this.send("announce", { text: words });
    });
  }

  /** @param {import("../research/subject.js").Subject} subject @param {any} measured */
  #resultParts({ labels, images }, { groups, differences }) {
    const outside = images - groups.reduce((/** @type {number} */ sum, /** @type {any} */ group) => sum + group.images, 0);
    const columns = labels.slice(0, MOST_COLUMNS);
    const size = (/** @type {any} */ { group, images, small }) => [group, images, small ? "too few to tell" : ""];
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
    this.send("announce", { text: `${differences.length} tests; ${found} show a difference.` });
    return [
      outside > 0 && element("p", {}, `${outside} of ${images} pictures are in no group and not measured.`),
      element("p", {}, `${differences.length} tests; ${found} show a difference after Holm’s correction.`),
      table("Groups", ["Group", "Pictures", ""], groups, size),
      table("Differences in mean score, by adjusted p", ["Label", "Groups", "Points", "Cohen’s d", "p", "Holm-adjusted p", ""], sorted, row),
      table("Mean score of each label", ["Group", ...columns], groups, shares("score")),
      table("How often each label ranks first", ["Group", ...columns], groups, shares("top1")),
    ].filter((part) => part !== false);
  }
}

/** @param {HTMLTextAreaElement} field */
function linesOf({ value }) {
  return [...new Set(value.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
}

customElements.define("bias-view", BiasView);
