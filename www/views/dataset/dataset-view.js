// @ts-check
/**
 * The Dataset view: many labelled pictures, embedded once, measured as often as labels and templates change. Fields "Labels of
 * the data" and "Templates of the data"; results in regions named by their captions; `data-state` is `ready` when they are the
 * newest.
 */
/** @import { ResearchDesk } from "../research/research-desk.js" */
import "../../components/fact-list/fact-list.js";
import { takeLargePastes } from "../../components/line-editor/large-paste.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { nextFrame } from "../../dom/next-frame.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { bundledDrawings, dataOfFiles } from "../research/data-files.js";
import "../research/run-line.js";
import { save } from "../research/tables.js";
import { datasetLayout } from "./dataset-layout.js";
import { FeaturesPanel } from "./features-panel.js";
import { PictureRow } from "./picture-row.js";
import { comparison, results } from "./results.js";
import { WordsPanel } from "./words-panel.js";

/** How long typing must rest before the data is measured again. */
const REST_MS = 250;
/** Pictures left out that are named. */
const MOST_SKIPPED = 200;

export class DatasetView extends Component {
  #parts = datasetLayout();
  #desk;
  #pictures = new PictureRow();
  /** @type {any} what was measured last */
  #evaluation = null;
  /** @type {{ named: string, data: string, predictions: object[] } | null} what the next measurement is compared with */
  #held = null;
  #resting = 0;
  #measuring = new AbortController();
  /** Further questions about the same data and words. */
  #panels;

  /** @param {{ desk: ResearchDesk }} wiring */
  constructor({ desk }) {
    super();
    this.#desk = desk;
    this.#panels = [new WordsPanel({ desk }), new FeaturesPanel({ desk })];
  }

  build() {
    this.append(...this.#parts.all);
    this.#parts.outcome.append(...this.#panels);
    const parts = this.#parts;
    this.listen(this.#desk, "progress", ({ detail }) => (parts.run.progress = detail));
    this.listen(this.#desk, "data", () => this.#showData());
    this.listen(this.#desk.session, "model", () => this.#forget());
    this.listen(parts.folder, "click", () => parts.folderInput.click());
    this.listen(parts.files, "click", () => parts.filesInput.click());
    this.listen(parts.forget, "click", () => this.#desk.forget());
    this.listen(parts.drawings, "click", () => this.#take(() => bundledDrawings(this.#readTable)));
    for (const input of [parts.folderInput, parts.filesInput]) this.listen(input, "change", () => this.#takeChosen(input));
    this.listen(parts.goOn, "click", () => this.#embed());
    takeLargePastes(parts.labels);
    for (const field of [parts.labels, parts.templates]) this.listen(field, "input", () => this.#rest());
    this.listen(parts.hold, "click", () => this.#hold());
    this.listen(parts.saveCsv, "click", () => this.#saveCsv());
    this.listen(parts.saveJson, "click", () => this.#saveJson());
    this.listen(parts.saveEmbeddings, "click", () => this.#saveEmbeddings());
    this.#showData();
  }

  #readTable = (/** @type {string} */ text, /** @type {boolean} */ json) => this.#desk.bench("table", { text, json });

  /** @param {HTMLInputElement} input */
  #takeChosen(input) {
    const files = [...(input.files ?? [])];
    input.value = "";
    const listed = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    this.#take(() => dataOfFiles(listed, this.#readTable));
  }

  /**
   * Opens files that were dropped anywhere on the page.
   *
   * @param {{ path: string, file: File }[]} files
   * @returns {boolean} whether they are taken: not while a run is under way, which is said
   */
  takeFiles(files) {
    const { run, fault } = this.#parts;
    fault.fault = run.isRunning ? { message: "What was dropped is not opened: another run is under way. Stop it first." } : null;
    if (!run.isRunning) this.#take(() => dataOfFiles(files, this.#readTable));
    return fault.fault === null;
  }

  /** @param {() => Promise<import("../research/data-files.js").DataFiles>} read */
  async #take(read) {
    const { run, labels, templates } = this.#parts;
    await run.run(async (signal) => {
      run.words = "Reading the names.";
      await this.#desk.open(await read());
      labels.value = this.#desk.classes.join("\n");
      templates.value = this.#desk.templates.join("\n");
      await this.#desk.embed(signal);
      run.words = "";
    });
    this.#showData();
    await this.#measure();
  }

  async #embed() {
    await this.#parts.run.run((signal) => this.#desk.embed(signal));
    this.#showData();
    await this.#measure();
  }

  #forget() {
    this.#measuring.abort();
    this.#evaluation = null;
    this.#showData();
  }

  #showData() {
    const { data, embedded, skipped, keeps, missing } = this.#desk;
    const { title, goOn, forget, question, outcome, notKept, run } = this.#parts;
    const all = numberText.count(data?.entries.length ?? 0);
    title.textContent = data ? `${numberText.count(embedded)} of ${all} pictures of ${data.title}` : "";
    goOn.hidden = !data || run.isRunning || missing.length === 0;
    forget.hidden = !data || run.isRunning;
    question.hidden = outcome.hidden = !data;
    notKept.hidden = keeps;
    this.#showSkipped(skipped);
  }

  /** @param {{ name: string, reason: string }[]} skipped */
  #showSkipped(skipped) {
    const { skipped: fold } = this.#parts;
    fold.hidden = skipped.length === 0;
    fold.open ||= skipped.length < 10;
    const items = skipped.slice(0, MOST_SKIPPED).map(({ name, reason }) => element("li", {}, `${name}: ${reason}`));
    const more = skipped.length > MOST_SKIPPED ? `, the first ${MOST_SKIPPED} named; all are in the JSON` : "";
    const words = `${numberText.count(skipped.length)} left out${more}`;
    fold.replaceChildren(element("summary", {}, words), element("ul", { tabIndex: 0, "aria-label": "Pictures left out" }, ...items));
  }

  #rest() {
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#measure(), REST_MS);
  }

  get #question() {
    const lines = (/** @type {HTMLTextAreaElement} */ { value }) =>
      [...new Set(value.split("\n").map((line) => line.trim()))].filter((line) => line !== "");
    return { labels: lines(this.#parts.labels), templates: lines(this.#parts.templates), seed: 0 };
  }

  async #measure() {
    if (!this.#desk.data || this.#desk.embedded === 0) return;
    this.#measuring.abort();
    const { signal } = (this.#measuring = new AbortController());
    this.dataset.state = "working";
    const { fault } = this.#parts;
    try {
      const question = this.#question;
      const evaluation = await this.#desk.bench("evaluate", question, { signal });
      this.#evaluation = { ...question, ...evaluation };
      fault.fault = null;
      await this.#showResults(this.#evaluation, signal);
      for (const panel of this.#panels) {
        await nextFrame();
        signal.throwIfAborted();
        panel.question = question;
      }
      if (this.#held) await this.#compare(this.#held);
      if (!signal.aborted) this.dataset.state = "ready";
    } catch (error) {
      if (signal.aborted) return;
      fault.fault = { message: sentence(error) };
      this.dataset.state = "failed";
    }
  }

  /** A part a frame: many labels make long tables. @param {any} evaluation @param {AbortSignal} signal */
  async #showResults(evaluation, signal) {
    const { figures, tables } = this.#parts;
    await nextFrame();
    signal.throwIfAborted();
    const shown = results(evaluation, (truth, predicted) => this.#showPictures(truth, predicted));
    figures.facts = shown.facts;
    if (!tables.contains(this.#pictures)) tables.prepend(this.#pictures);
    this.#showPictures(null, null);
    for (const [index, part] of shown.parts.entries()) {
      await nextFrame();
      signal.throwIfAborted();
      const old = tables.children[index + 1];
      if (old) old.replaceWith(part);
      else tables.append(part);
    }
    while (tables.children.length > shown.parts.length + 1) tables.lastElementChild?.remove();
    this.send("announce", { text: `Measured. ${shown.facts.map((fact) => fact.join(" ")).slice(0, 2).join(", ")}` });
  }

  /** The pictures of a class that were taken for another, or all misses. @param {string | null} truth @param {string | null} predicted */
  #showPictures(truth, predicted) {
    /** @type {{ image: string, truth: string | null, predicted: string, rank: number | null }[]} */
    const predictions = this.#evaluation?.predictions ?? [];
    const asked = predictions.filter((one) =>
      truth === null ? one.rank !== null && one.rank > 0 : one.truth === truth && one.predicted === predicted,
    );
    const named = truth === null ? "Misses" : `“${truth}” taken for “${predicted}”`;
    const reads = new Map(this.#desk.data?.entries.map(({ name, read }) => [name, read]));
    this.#pictures.show(named, asked.map((one) => ({ ...one, read: reads.get(one.image) })));
  }

  #hold() {
    const { acc1 = 0, templates, predictions } = this.#evaluation;
    const { info } = this.#desk.session;
    const data = this.#desk.data?.title ?? "";
    const named = `${(acc1 * 100).toFixed(1)} % of ${info?.name} ${info?.dtype} with ${templates.join(", ")} on ${data}`;
    this.#held = { named, data, predictions };
    const words = `Held: ${named}. Change labels or templates, load another model, or open other pictures, to compare.`;
    this.#parts.compared.replaceChildren(element("p", {}, words));
  }

  /** @param {{ named: string, data: string, predictions: object[] }} held */
  async #compare({ named, data, predictions }) {
    const unpaired = data !== this.#desk.data?.title;
    const asked = { first: predictions, second: this.#evaluation.predictions, seed: 0, unpaired };
    this.#parts.compared.replaceChildren(...comparison(named, await this.#desk.bench("compare", asked)));
  }

  async #saveCsv() {
    /** @type {any[]} */
    const predictions = this.#evaluation?.predictions ?? [];
    const rows = predictions.map((one) => [one.image, one.truth ?? "", one.predicted, `${one.confidence}`, `${one.rank ?? ""}`]);
    const csv = await this.#desk.bench("csv", { rows: [["image", "truth", "predicted", "confidence", "rank"], ...rows] });
    save("predictions.csv", csv, "text/csv");
  }

  async #saveJson() {
    const { info, engine } = this.#desk.session;
    const evaluation = await this.#desk.bench("evaluate", { ...this.#question, matrix: true });
    const weights = await engine?.modelHash();
    const settings = { version: info?.version, model: info?.name, dtype: info?.dtype, weights_sha256: weights };
    const { skipped, data } = this.#desk;
    const document = { ...settings, data: data?.title, ...this.#question, ...evaluation, skipped };
    save("evaluation.json", `${JSON.stringify(document, null, 1)}\n`, "application/json");
  }

  async #saveEmbeddings() {
    const { npy, csv } = await this.#desk.bench("files");
    save("embeddings.npy", npy, "application/octet-stream");
    save("embeddings.csv", csv, "text/csv");
  }
}

customElements.define("dataset-view", DatasetView);
