// @ts-check
/**
 * The Robustness view: what damage does to the answers, for some pictures of each label of the data set, and for one picture as
 * a strip. `data-state` is `ready` once there is a result.
 */
/** @import { Damage, Trial } from "../../engine/types.js" */
/** @import { ResearchDesk } from "../research/research-desk.js" */
/** @import { Entry } from "../research/data-files.js" */
import "../../components/fact-list/fact-list.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { severityChart } from "../research/charts.js";
import { figure } from "../research/figure.js";
import { percent, save, table, withInterval } from "../research/tables.js";
import { robustnessLayout } from "./robustness-layout.js";

const SEVERITIES = [1, 2, 3, 4, 5];
/** ImageNet-C's size of a picture. */
const SIDE = 224;

export class RobustnessView extends Component {
  #parts = robustnessLayout();
  #desk;
  /** @type {{ name: string, family: string }[]} */
  #corruptions = [];
  /** @type {any} */
  #result = null;
  /** @type {{ name: string, result: any } | null} what the next result stands beside */
  #held = null;

  /** @param {{ desk: ResearchDesk }} wiring */
  constructor({ desk }) {
    super();
    this.#desk = desk;
  }

  build() {
    this.append(...this.#parts.all);
    const { start, strip, saveJson } = this.#parts;
    this.listen(this.#desk, "data", () => this.#showData());
    this.listen(start, "click", () => this.#measure());
    this.listen(strip, "click", () => this.#showStrip());
    this.listen(this.#parts.hold, "click", () => this.#hold());
    this.listen(saveJson, "click", () => save("robustness.json", `${JSON.stringify(this.#result, null, 1)}\n`, "application/json"));
    this.#showData();
  }

  async #showData() {
    const { needsData, controls, families, kind, word } = this.#parts;
    needsData.hidden = this.#desk.data !== null;
    controls.hidden = this.#desk.data === null;
    if (!this.#desk.data || this.#corruptions.length > 0) return;
    this.#corruptions = await this.#desk.bench("corruptions");
    const names = [...new Set(this.#corruptions.map(({ family }) => family))];
    families.append(...names.map(familyBox));
    kind.append(...this.#corruptions.map(({ name }) => element("option", { value: name }, name.replaceAll("_", " "))));
    word.value = this.#desk.classes[0] ?? "";
  }

  /** Up to so many pictures of each label. @returns {Entry[]} */
  get #chosen() {
    const most = Number(this.#parts.each.value);
    /** @type {Map<string, number>} */
    const seen = new Map();
    return (this.#desk.data?.entries ?? []).filter(({ label }) => {
      if (label === null) return false;
      seen.set(label, (seen.get(label) ?? 0) + 1);
      return /** @type {number} */ (seen.get(label)) <= most;
    });
  }

  get #question() {
    const { word } = this.#parts;
    return { labels: this.#desk.classes, templates: this.#desk.templates, seed: 0, side: SIDE, word: word.value.trim() };
  }

  /** @param {Entry} entry @param {Damage[]} damages @param {AbortSignal} [signal] @param {boolean} [thumbnails] */
  async #damage({ name, label, read }, damages, signal, thumbnails) {
    const question = this.#question;
    const truth = question.labels.indexOf(label ?? "");
    const image = await read?.();
    return this.#desk.bench("damage", { ...question, image, name, truth, damages, thumbnails }, { signal });
  }

  async #measure() {
    const { run, families } = this.#parts;
    const asked = new Set([...families.querySelectorAll("input:checked")].map((box) => box.getAttribute("value")));
    const corruptions = this.#corruptions.filter(({ family }) => asked.has(family));
    const damages = corruptions.flatMap(({ name }) => SEVERITIES.map((severity) => ({ corruption: name, severity })));
    this.dataset.state = "working";
    await run.run(async (signal) => {
      if (damages.length === 0) throw new Error("Choose at least one family.");
      if (this.#desk.data?.kept) throw new Error("There are embeddings only, and no pictures to damage. Open the pictures under Dataset.");
      const { clean, columns, skipped } = await this.#trials(damages, signal);
      if (clean.length === 0) throw new Error("No picture with a label could be read.");
      const measured = await this.#desk.bench("robustness", { clean, columns, seed: 0 });
      this.#result = { ...this.#question, ...measured, skipped };
      this.#showResult();
      this.#compare();
      this.dataset.state = "ready";
    });
  }

  /** @param {Damage[]} damages @param {AbortSignal} signal */
  async #trials(damages, signal) {
    const { run } = this.#parts;
    /** @type {Trial[]} */
    const clean = [];
    const columns = damages.map((damage) => ({ ...damage, trials: /** @type {Trial[]} */ ([]) }));
    /** @type {{ name: string, reason: string }[]} */
    const skipped = [];
    const begun = performance.now();
    const entries = this.#chosen;
    for (const [index, entry] of entries.entries()) {
      try {
        const answers = await this.#damage(entry, damages, signal);
        clean.push(answers.clean);
        columns.forEach((column, place) => column.trials.push(answers.trials[place]));
      } catch (error) {
        if (signal.aborted || !(error instanceof Error && "code" in error && `${error.code}`.startsWith("image-"))) throw error;
        skipped.push({ name: entry.name, reason: error.message });
      }
      const perSecond = ((index + 1) * 1000) / (performance.now() - begun);
      run.progress = { done: index + 1, total: entries.length, perSecond, secondsLeft: (entries.length - index - 1) / perSecond };
    }
    run.words = "";
    return { clean, columns, skipped };
  }

  #showResult() {
    const { figures, tables, outcome } = this.#parts;
    const { images, clean, retention, corruptions, cells, relative_mean_corruption_error: relative } = this.#result;
    outcome.hidden = false;
    figures.facts = [
      ["Pictures", numberText.count(images)],
      ["acc1, undamaged", withInterval(clean)],
      ["Mean corruption error, above the clean error", `${(relative * 100).toFixed(1)} points`],
      ...retention.map((/** @type {any} */ { severity, retained }) => [`Kept at severity ${severity}`, withInterval(retained)]),
    ];
    const series = corruptions.map((/** @type {any} */ { corruption }) => ({
      name: corruption,
      points: cells.filter((/** @type {any} */ cell) => cell.corruption === corruption),
    }));
    const row = (/** @type {any} */ { corruption, relative_error: error, never_changed: never }, /** @type {number} */ index) => [
      corruption.replaceAll("_", " "),
      ...series[index].points.map((/** @type {any} */ { acc1 }) => percent(acc1.value)),
      `${(error * 100).toFixed(1)}`,
      never,
    ];
    const heads = ["Corruption", ...SEVERITIES.map((severity) => `at ${severity}`), "error above clean", "never changed"];
    const families = byFamily(cells, clean);
    tables.replaceChildren(
      element("div", { class: "beside" }, figure(severityChart("Accuracy by severity", families), legend("Each line is the mean of a family; its band spans the corruptions in it.", families))),
      table("acc1 by corruption and severity", heads, corruptions, row),
    );
    this.send("announce", { text: `Measured ${images} pictures.` });
  }

  #hold() {
    const { info } = this.#desk.session;
    this.#held = { name: `${info?.name} ${info?.dtype}`, result: this.#result };
    this.#parts.compared.replaceChildren(element("p", {}, `Held: ${this.#held.name}. Load another model or type under Model, come back and measure again.`));
  }

  /** What is held and what is new, side by side. */
  #compare() {
    if (!this.#held) return;
    const { info } = this.#desk.session;
    const runs = [this.#held, { name: `${info?.name} ${info?.dtype}`, result: this.#result }];
    const whole = { value: 1, low: 1, high: 1 };
    const series = runs.map(({ name, result }) => ({
      name,
      clean: whole,
      points: result.retention.map((/** @type {any} */ { severity, retained }) => ({ severity, share: retained })),
    }));
    const row = (/** @type {number} */ severity) => [
      severity === 0 ? "acc1, undamaged" : `kept at severity ${severity}`,
      ...runs.map(({ result }) => withInterval(severity === 0 ? result.clean : result.retention.find((/** @type {any} */ one) => one.severity === severity)?.retained)),
    ];
    const words = "How much of its own undamaged accuracy each keeps, with 95 % intervals.";
    this.#parts.compared.replaceChildren(
      element("div", { class: "beside" }, figure(severityChart("Accuracy kept by severity", series), legend(words, series)), table("Held and now", ["", ...runs.map(({ name }) => name)], [0, ...SEVERITIES], row)),
    );
  }

  async #showStrip() {
    const { strips, kind, fault } = this.#parts;
    const entry = this.#chosen[0];
    fault.fault = null;
    try {
      if (!entry?.read) throw new Error("There is no picture with a label.");
      const damages = SEVERITIES.map((severity) => ({ corruption: kind.value, severity }));
      const { clean, trials, pictures } = await this.#damage(entry, damages, undefined, true);
      const first = trials.findIndex((/** @type {Trial} */ { predicted }) => predicted !== clean.predicted);
      const items = pictures.map((/** @type {ImageData} */ pixels, /** @type {number} */ index) => thumbnail(pixels, this.#desk.classes, trials[index], index + 1));
      const said = first < 0 ? "No severity changes the answer." : `Severity ${first + 1} is the first that changes the answer.`;
      strips.replaceChildren(element("p", {}, `${entry.name}, undamaged: ${this.#desk.classes[clean.predicted]}, “${entry.label}” at ${percent(clean.score)}. ${said}`), element("ol", { class: "picture-row", tabIndex: 0, "aria-label": "The picture at each severity" }, ...items));
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

/** Mean accuracy of each family by severity; the band spans its corruptions. @param {any[]} cells @param {any} clean */
function byFamily(cells, clean) {
  return [...new Set(cells.map(({ family }) => family))].map((name) => ({
    name,
    clean,
    points: SEVERITIES.map((severity) => {
      const values = cells.filter((cell) => cell.family === name && cell.severity === severity).map(({ acc1 }) => acc1.value);
      const value = values.reduce((sum, one) => sum + one, 0) / values.length;
      return { severity, share: { value, low: Math.min(...values), high: Math.max(...values) } };
    }),
  }));
}

/** @param {string} words @param {{ name: string }[]} series */
function legend(words, series) {
  const items = series.map(({ name }, index) => element("li", { class: `series-${index % 5}` }, name));
  return element("div", {}, element("p", { class: "hint" }, words), element("ul", { class: "legend" }, ...items));
}

/** @param {ImageData} pixels @param {string[]} labels @param {Trial} trial @param {number} severity */
function thumbnail(pixels, labels, { predicted, right, score }, severity) {
  const canvas = element("canvas", { width: pixels.width, height: pixels.height, role: "img", "aria-label": `severity ${severity}` });
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return element("li", {}, canvas, element("span", {}, `${severity}: ${labels[predicted]}${right ? "" : ", wrong"}, ${percent(score)}`));
}

customElements.define("robustness-view", RobustnessView);
