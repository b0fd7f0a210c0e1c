// @ts-check
/**
 * The Dataset view: many labelled pictures, embedded once, measured as often as labels and templates change. Fields "Class labels" and "Templates for all classes"; results in regions named by their captions; `data-state` is `ready` when they are the
 * newest. What was measured of another model or other data is taken away at once; pins keep it.
 */
/** @import { Research } from "../research/research.js" */
import "../../components/fact-list/fact-list.js";
import { takeLargePastes } from "../../components/line-editor/large-paste.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { nextFrame } from "../../dom/next-frame.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { bundledDrawings, dataOfFiles } from "../research/data-files.js";
import { differences, documentOf, ofSamePictures, subjectText } from "../research/subject.js";
import { save, saveJson, saveTable } from "../research/tables.js";
import { datasetLayout } from "./dataset-layout.js";
import { FeaturesPanel } from "./features-panel.js";
import { PictureRow } from "./picture-row.js";
import { comparison, results } from "./results.js";
import { WordsPanel } from "./words-panel.js";

/** How long typing must rest before the data is measured again. */
const REST_MS = 250;
/** Pictures left out that are named. */
const MOST_SKIPPED = 200;
/** When embeddings were saved, as people read it. */
const WHEN = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

export class DatasetView extends Component {
  #parts = datasetLayout();
  #research;
  #pictures = new PictureRow();
  #tables = element("div", { class: "tables" });
  /** @type {any} what was measured last, of the frame's subject */
  #evaluation = null;
  #resting = 0;
  #measuring = new AbortController();
  /** How many comparisons have begun. */
  #comparisons = 0;
  /** Further questions about the same data and words. */
  #panels;

  /** @param {{ research: Research }} wiring */
  constructor({ research }) {
    super();
    this.#research = research;
    this.#panels = [new WordsPanel({ research }), new FeaturesPanel({ research })];
  }

  build() {
    this.append(...this.#parts.all);
    this.#parts.outcome.append(...this.#panels);
    const parts = this.#parts;
    this.listen(this.#research, "progress", ({ detail }) => (parts.run.progress = detail));
    this.listen(this.#research, "data", () => this.#showData());
    this.listen(this.#research, "question", () => this.#showQuestion());
    this.listen(this.#research, "begun", () => this.#embedding((signal) => this.#research.recall(signal)));
    this.listen(parts.folder, "click", () => parts.folderInput.click());
    this.listen(parts.files, "click", () => parts.filesInput.click());
    this.listen(parts.forget, "click", () => this.#research.forget());
    this.listen(parts.drawings, "click", () => this.#take(() => bundledDrawings(this.#readTable)));
    for (const input of [parts.folderInput, parts.filesInput]) this.listen(input, "change", () => this.#takeChosen(input));
    this.listen(parts.goOn, "click", () => this.#embedding((signal) => this.#research.embed(signal)));
    this.listen(parts.afresh, "click", () => this.#embedding((signal) => this.#research.embedAfresh(signal)));
    takeLargePastes(parts.labels);
    for (const field of [parts.labels, parts.templates, parts.seed]) this.listen(field, "input", () => this.#rest());
    this.listen(parts.pin, "click", () => this.#pin());
    this.listen(parts.pins, "pins", () => this.#pinsChanged());
    this.listen(parts.saveCsv, "click", () => this.#saving(() => this.#saveCsv()));
    this.listen(parts.saveJson, "click", () => this.#saving(() => this.#saveJson()));
    this.listen(parts.saveEmbeddings, "click", () => this.#saving(() => this.#saveEmbeddings()));
    this.#showData();
  }

  #readTable = (/** @type {string} */ text, /** @type {boolean} */ json) => this.#research.ask("table", { text, json });

  /** @param {HTMLInputElement} input */
  #takeChosen(input) {
    const files = [...(input.files ?? [])];
    input.value = "";
    const listed = files.map((file) => ({ path: file.webkitRelativePath || file.name, file }));
    this.#take(() => dataOfFiles(listed, this.#readTable));
  }

  /**
   * Opens files that were dropped anywhere on the page, as the buttons do: in place of what runs.
   *
   * @param {{ path: string, file: File }[]} files
   */
  takeFiles(files) {
    this.#take(() => dataOfFiles(files, this.#readTable));
  }

  /** @param {() => Promise<import("../research/data-files.js").DataFiles>} read */
  #take(read) {
    return this.#embedding(async (signal) => {
      this.#parts.run.words = "Reading file names.";
      const data = await read();
      signal.throwIfAborted();
      await this.#research.open(data);
      await this.#research.embed(signal);
      this.#parts.run.words = "";
    });
  }

  /** Runs what changes the embeddings, in place of what runs, and measures them. @param {(signal: AbortSignal) => Promise<void>} work */
  async #embedding(work) {
    const { run } = this.#parts;
    await run.replace(work);
    if (run.isRunning) return;
    this.#showData();
    await this.#measure();
  }

  #showData() {
    const { data, embedded, skipped, keeps, missing, resumed, problem } = this.#research;
    const { title, goOn, afresh, forget, question, notKept, run, resumed: words } = this.#parts;
    const all = numberText.count(data?.entries.length ?? 0);
    title.textContent = data ? `${numberText.count(embedded)} of ${all} pictures of ${data.title}${problem ? `: ${problem}` : ""}` : "";
    goOn.hidden = !data || run.isRunning || missing.length === 0 || problem !== "";
    afresh.hidden = words.hidden = !data || resumed.images === 0;
    words.textContent = `Resumed from ${numberText.count(resumed.images)} embeddings of the same pictures and weights, saved on ${WHEN.format(resumed.at)}. “Start over” embeds all pictures again.`;
    forget.hidden = !data || run.isRunning;
    question.hidden = !data;
    this.#showOutcome();
    notKept.hidden = keeps;
    this.#showSkipped(skipped);
    this.#checkResult();
  }

  /** Runs that were pinned in an earlier visit are there before any data is. */
  #showOutcome() {
    const isOpen = this.#research.data !== null;
    this.#parts.outcome.hidden = !isOpen && this.#parts.pins.pins.length === 0;
    for (const panel of this.#panels) panel.hidden = !isOpen;
  }

  /** The question may have come from the data. */
  #showQuestion() {
    const { labels, templates, seed } = this.#parts;
    const { question } = this.#research;
    const written = this.#question;
    if (!same(written.labels, question.labels)) labels.value = question.labels.join("\n");
    if (!same(written.templates, question.templates)) templates.value = question.templates.join("\n");
    if (written.seed !== question.seed) seed.value = `${question.seed}`;
    this.#checkResult();
  }

  /** What is on screen is what is true now: a result of other data or another model goes, one of other words is marked. */
  #checkResult() {
    const { frame } = this.#parts;
    const current = this.#research.subject();
    const changed = frame.subject && current ? differences(frame.subject, current) : [];
    const isGone = !current || changed.some((words) => GONE.has(words));
    if (frame.subject && isGone) {
      this.#measuring.abort();
      this.#evaluation = null;
      frame.clear();
      this.#parts.compared.replaceChildren();
      delete this.dataset.state;
    }
    frame.current = current;
    for (const panel of this.#panels) panel.current = current;
    this.#showActions();
  }

  #showActions() {
    const { pin, pins, saveCsv, saveJson, saveEmbeddings } = this.#parts;
    pin.disabled = !this.#evaluation || pins.isFull;
    saveCsv.disabled = saveJson.disabled = !this.#evaluation;
    saveEmbeddings.disabled = !this.#research.embedded;
  }

  /** @param {{ name: string, reason: string }[]} skipped */
  #showSkipped(skipped) {
    const { skipped: fold } = this.#parts;
    fold.hidden = skipped.length === 0;
    fold.open ||= skipped.length < 10;
    const items = skipped.slice(0, MOST_SKIPPED).map(({ name, reason }) => element("li", {}, `${name}: ${reason}`));
    const more = skipped.length > MOST_SKIPPED ? `, the first ${MOST_SKIPPED} listed; the JSON lists all` : "";
    const words = `${numberText.count(skipped.length)} skipped${more}`;
    fold.replaceChildren(element("summary", {}, words), element("ul", { tabIndex: 0, "aria-label": "Skipped pictures" }, ...items));
  }

  #rest() {
    clearTimeout(this.#resting);
    this.#research.question = this.#question; // other views ask it at once; only measuring waits
    this.#resting = setTimeout(() => this.#measure(), REST_MS);
  }

  /** What stands in the fields. */
  get #question() {
    const lines = (/** @type {HTMLTextAreaElement} */ { value }) => value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
    const { labels, templates, seed } = this.#parts;
    return { labels: [...new Set(lines(labels))], templates: lines(templates), seed: Math.min(Number(seed.max), Math.max(0, Math.trunc(Number(seed.value) || 0))) };
  }

  async #measure() {
    clearTimeout(this.#resting);
    if (!this.#research.data) return;
    this.#research.question = this.#question;
    const { question } = this.#research;
    if (this.#research.embedded === 0 || this.#parts.run.isRunning) return;
    this.#measuring.abort();
    const { signal } = (this.#measuring = new AbortController());
    this.dataset.state = "working";
    const { fault, frame } = this.#parts;
    try {
      const { subject, measured } = await this.#research.measure("evaluate", {}, { question, signal });
      signal.throwIfAborted();
      fault.fault = null;
      await this.#showResults({ ...measured, labels: subject.labels, templates: subject.templates }, signal, () => {
        this.#evaluation = measured; // together with whose it is: pins and exports take both
        frame.show(subject, [this.#parts.figures, this.#tables]);
      });
      for (const panel of this.#panels) {
        await nextFrame();
        signal.throwIfAborted();
        panel.question = question;
      }
      await this.#compare(signal);
      if (!signal.aborted) this.dataset.state = "ready";
    } catch (error) {
      if (signal.aborted || this.#research.ends.aborted) return;
      fault.fault = { message: sentence(error) };
      this.dataset.state = "failed";
    }
    this.#checkResult();
  }

  /** A part a frame: many labels make long tables. @param {any} evaluation @param {AbortSignal} signal @param {() => void} begin */
  async #showResults(evaluation, signal, begin) {
    const { figures } = this.#parts;
    await nextFrame();
    signal.throwIfAborted();
    const shown = results(evaluation, (truth, predicted) => this.#showPictures(truth, predicted));
    begin();
    figures.facts = shown.facts;
    if (!this.#tables.contains(this.#pictures)) this.#tables.prepend(this.#pictures);
    this.#showPictures(null, null);
    for (const [index, part] of shown.parts.entries()) {
      await nextFrame();
      signal.throwIfAborted();
      const old = this.#tables.children[index + 1];
      if (old) old.replaceWith(part);
      else this.#tables.append(part);
    }
    while (this.#tables.children.length > shown.parts.length + 1) this.#tables.lastElementChild?.remove();
    this.send("announce", { text: `Measured. ${shown.told}` });
  }

  /** The pictures of a class that were taken for another, or all misses. @param {string | null} truth @param {string | null} predicted */
  #showPictures(truth, predicted) {
    /** @type {{ image: string, truth: string | null, predicted: string, rank: number | null }[]} */
    const predictions = this.#evaluation?.predictions ?? [];
    const asked = predictions.filter((one) =>
      truth === null ? one.rank !== null && one.rank > 0 : one.truth === truth && one.predicted === predicted,
    );
    const named = truth === null ? "Errors" : `“${truth}” mistaken for “${predicted}”`;
    const reads = new Map(this.#research.data?.entries.map(({ name, read }) => [name, read]));
    this.#pictures.show(named, asked.map((one) => ({ ...one, read: reads.get(one.image) })));
  }

  #pin() {
    const { frame, pins } = this.#parts;
    if (frame.subject && this.#evaluation) pins.pin(frame.subject, { ...this.#evaluation, skipped: this.#research.leftOut });
  }

  async #pinsChanged() {
    this.#showOutcome();
    this.#showActions();
    const { signal } = this.#measuring;
    await this.#compare(signal).catch((error) => {
      if (!signal.aborted) this.#parts.fault.fault = { message: sentence(error) };
    });
  }

  /** What is pinned beside what is measured now; a newer comparison takes the place of one that is not there yet. @param {AbortSignal} signal */
  async #compare(signal) {
    const turn = ++this.#comparisons;
    const { frame, pins, compared } = this.#parts;
    const { subject } = frame;
    const parts = [];
    for (const { name, subject: pinned, result } of pins.pins) {
      if (!subject || !differences(pinned, subject).length) continue;
      const unpaired = !ofSamePictures(pinned, subject);
      const asked = { first: result.predictions, second: this.#evaluation.predictions, seed: subject.seed, unpaired };
      const found = await this.#research.ask("compare", asked, { signal }).catch((error) => {
        if (turn === this.#comparisons) throw error; // nobody waits for one that a newer has replaced
      });
      if (turn < this.#comparisons) return;
      signal.throwIfAborted();
      parts.push(...comparison(`${name}: ${subjectText(pinned)}`, found, differences(pinned, subject)));
    }
    compared.replaceChildren(...parts);
  }

  /** Saves, or says why not: where another model or data set came in between, nothing is saved. @param {() => Promise<void>} save */
  async #saving(save) {
    const { ends } = this.#research;
    const { fault } = this.#parts;
    try {
      await save();
      fault.fault = null;
    } catch (error) {
      fault.fault = { message: ends.aborted ? "Nothing was saved: the model or the data changed meanwhile." : sentence(error) };
    }
  }

  async #saveCsv() {
    const { subject } = this.#parts.frame;
    if (!subject) return;
    const rows = this.#evaluation.predictions.map((/** @type {any} */ one) =>
      [one.image, one.truth, one.predicted, one.confidence, one.rank, one.sha256, subject.weights_sha256, subject.data_sha256].map((cell) => `${cell ?? ""}`),
    );
    const heads = ["image", "truth", "predicted", "confidence", "rank", "sha256", "weights_sha256", "data_sha256"];
    const csv = await this.#research.ask("csv", { rows: [heads, ...rows] });
    saveTable("predictions.csv", csv, documentOf(subject, {}));
  }

  async #saveJson() {
    const shown = this.#parts.frame.subject;
    if (!shown) return;
    // The whole matrix, of what is on screen: it has no part in what a large table leaves out.
    const { subject, measured } = await this.#research.measure("evaluate", { matrix: true }, { question: shown });
    saveJson("evaluation.json", documentOf(subject, { ...measured, skipped: this.#research.leftOut }));
  }

  async #saveEmbeddings() {
    const [{ subject }, { npy, csv }] = await Promise.all([this.#research.measure("names", {}), this.#research.ask("files", {})]);
    save("embeddings.npy", /** @type {BlobPart} */ (npy), "application/octet-stream");
    saveTable("embeddings.csv", csv, documentOf(subject, {}));
  }
}

/** What no result outlives: the embeddings are others. */
const GONE = new Set(["the model", "the data", "the true labels"]);

/** @param {string[]} first @param {string[]} second */
function same(first, second) {
  return first.length === second.length && first.every((line, index) => line === second[index]);
}

customElements.define("dataset-view", DatasetView);
