// @ts-check
/**
 * The Robustness view: accuracy on corrupted pictures, for a random sample of each label of the data set,
 * and one picture at every severity. `data-state` is `working`, then `ready` with a result or `failed` without one. A
 * result keeps what it is of; it is marked once something else is chosen.
 */
/** @import { Variant } from "../../../pkg/engine/protocol/types.js" */
/** @import { Research } from "../research/research.js" */
/** @import { Entry } from "../research/data-files.js" */
/** @import { Subject } from "../research/subject.js" */
import "../../components/fact-list/fact-list.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { documentOf, subjectOf } from "../research/subject.js";
import { percent, saveJson } from "../research/tables.js";
import { SEVERITIES, comparisonParts, resultParts } from "./robustness-results.js";
import { robustnessLayout } from "./robustness-layout.js";
import { CorruptionRun } from "./corruption-run.js";

/** ImageNet-C's size of a picture. */
const SIDE = 224;

export class RobustnessView extends Component {
  #parts = robustnessLayout();
  #research;
  /** @type {{ name: string, family: string }[]} */
  #corruptions = [];
  /** What was measured last, of the frame's subject. @type {any} */
  #result = null;
  /** Damaged pictures a second, by the model that embedded them. @type {{ weights: string, perSecond: number } | null} */
  #rate = null;
  #planning = new AbortController();

  /** @param {{ research: Research }} wiring */
  constructor({ research }) {
    super();
    this.#research = research;
  }

  build() {
    this.append(...this.#parts.all);
    const { start, strip, saveJson: save, families, each, word, pin, pins, kind } = this.#parts;
    this.listen(this.#research, "data", () => this.#showData());
    this.listen(this.#research, "question", () => this.#showQuestion());
    this.listen(start, "click", () => this.#measure());
    this.listen(strip, "click", () => this.#showStrip());
    this.listen(pin, "click", () => this.#pin());
    this.listen(pins, "pins", () => this.#compare());
    for (const field of [families, each, word, kind]) this.listen(field, "input", () => this.#settingsChanged());
    this.listen(save, "click", () => this.#parts.frame.subject && saveJson("robustness.json", documentOf(this.#parts.frame.subject, this.#result)));
    // The time that a run will take is measured once somebody looks here.
    new IntersectionObserver((seen) => seen.some(({ isIntersecting }) => isIntersecting) && this.#plan()).observe(start);
    this.#showData();
  }

  async #showData() {
    const { needsData, controls, onePicture, families, kind } = this.#parts;
    needsData.hidden = this.#research.data !== null;
    controls.hidden = onePicture.hidden = this.#research.data === null;
    this.#checkResults();
    if (!this.#research.data) return;
    if (this.#corruptions.length === 0) {
      this.#corruptions = await this.#research.ask("corruptions", {});
      if (families.querySelector("input")) return;
      families.append(...[...new Set(this.#corruptions.map(({ family }) => family))].map(familyBox));
      kind.append(...this.#corruptions.map(({ name }) => element("option", { value: name }, name.replaceAll("_", " "))));
    }
    this.#showQuestion();
  }

  /** The word of the attack is the first label, until somebody writes another. */
  #showQuestion() {
    const { word } = this.#parts;
    if (word.dataset.written === undefined) word.value = this.#research.question.labels[0] ?? "";
    this.#checkResults();
    this.#plan();
  }

  #settingsChanged() {
    const { word } = this.#parts;
    if (word.value.trim() !== (this.#research.question.labels[0] ?? "")) word.dataset.written = "";
    else delete word.dataset.written;
    this.#checkResults();
    this.#plan();
  }

  /** What is on screen is what is true now, or says whose it is. */
  #checkResults() {
    const { frame, strips, outcome, pin, pins } = this.#parts;
    const own = this.#settings;
    const images = frame.subject?.images ?? 0;
    const current = this.#research.subject(this.#research.question, own);
    // A sample of the same data has another hash than the whole of it: the whole is compared.
    frame.current = current && frame.subject ? { ...current, ...this.#sampled(frame.subject, current), images } : null;
    strips.current = current && strips.subject ? { ...current, ...this.#sampled(strips.subject, current), images: 1, own: this.#stripSettings } : null;
    if (!frame.subject) this.#result = null;
    outcome.hidden = this.#result === null && pins.pins.length === 0;
    pin.disabled = this.#result === null || pins.isFull;
    this.#parts.saveJson.disabled = this.#result === null;
  }

  /** The hashes of a sample, as long as the data is that which it was drawn from. @param {Subject} sample @param {Subject} current */
  #sampled(sample, current) {
    const isSame = this.#wholes.get(sample) === current.data_sha256;
    return isSame ? { pictures_sha256: sample.pictures_sha256, data_sha256: sample.data_sha256 } : {};
  }

  /** The hash of the data that each sample is of. @type {WeakMap<Subject, string | null>} */
  #wholes = new WeakMap();

  /** What only this measurement depends on. */
  get #settings() {
    const { each, word } = this.#parts;
    return { sample: { method: "stratified", each: Math.max(1, Number(each.value) || 1), of: this.#research.data?.entries.length ?? 0 }, working_side: SIDE, word: word.value.trim(), corruptions: this.#asked.map(({ name }) => name) };
  }

  get #stripSettings() {
    const { kind, word } = this.#parts;
    return { working_side: SIDE, word: word.value.trim(), corruption: kind.value };
  }

  /** The corruptions of the families that are chosen. */
  get #asked() {
    const asked = new Set([...this.#parts.families.querySelectorAll("input:checked")].map((box) => box.getAttribute("value")));
    return this.#corruptions.filter(({ family }) => asked.has(family));
  }

  /** A sample of each label, drawn by the seed, of which those with a label that is asked are measured. @returns {Promise<Entry[]>} */
  async #drawn() {
    const entries = this.#research.data?.entries ?? [];
    const { labels, seed } = this.#research.question;
    const pictures = entries.map(({ name, label }) => ({ name, label }));
    /** @type {number[]} */
    const places = await this.#research.ask("sample", { pictures, each: this.#settings.sample.each, seed });
    return places.map((place) => entries[place]).filter(({ label }) => label !== null && labels.includes(label));
  }

  /** @param {AbortSignal} signal */
  #corruptionRun(signal) {
    const { data, question, ends } = this.#research;
    if (data?.kept) throw new Error("There are only embeddings, no pictures to corrupt. Open the pictures in Dataset.");
    const { working_side: side, word } = this.#settings;
    return new CorruptionRun({ research: this.#research, question: { ...question, side, word }, signal: AbortSignal.any([signal, ends]) });
  }

  /** Says what a run takes before it is started: pictures, versions of each, and time, from some that are damaged for it. */
  async #plan() {
    this.#planning.abort();
    const { signal } = (this.#planning = new AbortController());
    const { plan, start, run } = this.#parts;
    if (!this.#research.data || this.#research.data.kept || run.isRunning || !start.checkVisibility()) return;
    try {
      const entries = await this.#drawn();
      const versions = this.#asked.length * SEVERITIES.length + 1;
      const { each, of } = this.#settings.sample;
      const { labels, seed } = this.#research.question;
      const what = `${numberText.count(entries.length)} of ${numberText.count(of)} pictures: ${each} per label for ${labels.length} labels, sampled at random with seed ${seed} (stratified). ${numberText.count(entries.length * versions)} versions to embed, clean and corrupted`;
      signal.throwIfAborted();
      plan.textContent = `${what}.`;
      const perSecond = await this.#perSecond(entries, signal);
      signal.throwIfAborted();
      if (perSecond > 0) plan.textContent = `${what}, about ${numberText.wait((entries.length * versions) / perSecond)} at the ${perSecond.toFixed(0)} pictures per second measured here.`;
    } catch {
      // there is no estimate, or a newer one
    }
  }

  /** Damaged pictures a second, measured on one picture where no run has said it. @param {Entry[]} entries @param {AbortSignal} signal */
  async #perSecond([entry], signal) {
    const weights = this.#research.subject()?.weights_sha256 ?? "";
    if (this.#rate?.weights === weights) return this.#rate.perSecond;
    if (!entry || weights === "") return 0;
    const run = this.#corruptionRun(signal);
    const families = [...new Map(this.#asked.map((one) => [one.family, one.name])).values()];
    const variants = families.map((corruption) => ({ corruption, severity: 3 }));
    await run.answer(entry, []); // the labels are encoded, and the code is warm
    const begun = performance.now();
    await run.answer(entry, variants);
    this.#rate = { weights, perSecond: ((variants.length + 1) * 1000) / (performance.now() - begun) };
    return this.#rate.perSecond;
  }

  async #measure() {
    const { run } = this.#parts;
    this.#planning.abort();
    const corruptions = this.#asked;
    const variants = corruptions.flatMap(({ name }) => SEVERITIES.map((severity) => ({ corruption: name, severity })));
    const { data, ends } = this.#research;
    const [question, own, whole] = [this.#research.question, this.#settings, this.#research.subject()];
    const measuring = async (/** @type {AbortSignal} */ signal) => {
      if (variants.length === 0) throw new Error("Choose at least one family of corruptions.");
      const corrupting = this.#corruptionRun(signal);
      const begun = performance.now();
      const { clean, columns, skipped, about } = await corrupting.answers(await this.#drawn(), variants, (progress) => (run.progress = progress));
      run.words = "";
      if (clean.length === 0) throw new Error("No picture with one of these labels could be read.");
      const measured = await this.#research.ask("robustness", { clean, columns, seed: question.seed }, { signal });
      const subject = subjectOf(about, data?.title ?? "", question, own);
      this.#wholes.set(subject, whole?.data_sha256 ?? null);
      this.#rate = { weights: about.weights_sha256, perSecond: (clean.length * (variants.length + 1) * 1000) / (performance.now() - begun) };
      this.#result = { ...measured, skipped };
      this.#showResult(subject);
    };
    await run.runFor(this, measuring, ends);
    this.#plan();
  }

  /** @param {Subject} subject */
  #showResult(subject) {
    const { frame } = this.#parts;
    frame.show(subject, resultParts(this.#result));
    this.#compare();
    this.send("announce", { text: `Measured ${this.#result.images} pictures.` });
  }

  #pin() {
    const { frame, pins } = this.#parts;
    if (frame.subject && this.#result) pins.pin(frame.subject, this.#result);
  }

  /** What is pinned and what is new, side by side. */
  #compare() {
    const { compared, pins, frame } = this.#parts;
    const now = frame.subject && !pins.pins.some(({ subject }) => subject === frame.subject) ? [{ name: "now", subject: frame.subject, result: this.#result }] : [];
    compared.replaceChildren(...comparisonParts([...pins.pins, ...now]));
    this.#checkResults();
  }

  async #showStrip() {
    const { strips, kind, fault } = this.#parts;
    fault.fault = null;
    try {
      // What is chosen now: the worker may answer when something else is.
      const [data, question, own, whole] = [this.#research.data, this.#research.question, this.#stripSettings, this.#research.subject()];
      const variants = SEVERITIES.map((severity) => ({ corruption: kind.value, severity }));
      const run = this.#corruptionRun(new AbortController().signal);
      const [entry] = await this.#drawn();
      if (!entry) throw new Error("There is no picture with one of these labels.");
      const { clean, trials, pictures, sha256 } = await run.answer(entry, variants, true);
      const first = trials.findIndex(({ predicted }) => predicted !== clean.predicted);
      const items = pictures.map((pixels, index) => thumbnail(pixels, question.labels, trials[index], index + 1));
      const said = first < 0 ? "No severity changes the answer." : `Severity ${first + 1} is the first that changes the answer.`;
      const words = `${entry.name}, clean: ${question.labels[clean.predicted]}, “${entry.label}” at ${percent(clean.score)}. ${said}`;
      const subject = subjectOf(await run.about([{ entry, sha256 }]), data?.title ?? "", question, own);
      this.#wholes.set(subject, whole?.data_sha256 ?? null);
      const row = element("ol", { class: "picture-row", tabIndex: 0, "aria-label": "The picture at each severity" }, ...items);
      strips.show(subject, [element("p", {}, words), row]);
      this.#checkResults();
    } catch (error) {
      fault.fault = { message: sentence(error) };
    }
  }
}

/** @param {string} family */
function familyBox(family) {
  const box = element("input", { type: "checkbox", value: family, checked: family !== "shift" });
  return element("label", { class: "chip" }, box, family);
}

/** @param {ImageData} pixels @param {string[]} labels @param {import("../../../pkg/engine/protocol/types.js").Trial} trial @param {number} severity */
function thumbnail(pixels, labels, { predicted, right, score }, severity) {
  const canvas = element("canvas", { width: pixels.width, height: pixels.height, role: "img", "aria-label": `severity ${severity}` });
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return element("li", {}, canvas, element("span", {}, `${severity}: ${labels[predicted]}${right ? "" : ", wrong"}, ${percent(score)}`));
}

customElements.define("robustness-view", RobustnessView);
