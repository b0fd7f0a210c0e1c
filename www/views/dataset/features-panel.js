// @ts-check
/** @import { Research } from "../research/research.js" */
import { Component } from "../../dom/component.js";
import { actions, button } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import { mapChart } from "../research/charts.js";
import { figure } from "../research/figure.js";
import "../research/result-frame.js";
import "../research/run-line.js";
import { intervalText, percent, table, withInterval } from "../research/tables.js";

/** The limit on pictures × labels × embedding length, above which a fit takes too long in a page. */
const MOST_WORK = 1e8;

/** The question of a measurement that has none. */
const NO_WORDS = { labels: [], templates: [], seed: 0 };

/** What the picture tower's features hold, whatever the words are: a linear probe, and a map. Property `question`. */
export class FeaturesPanel extends Component {
  #research;
  #probe = button("Fit a linear probe");
  #map = button("Draw the map");
  #run = element("run-line");
  #probed = element("result-frame");
  #mapped = element("result-frame");
  /** @type {import("./words-panel.js").Question} */
  #question = NO_WORDS;

  /** @param {{ research: Research }} wiring */
  constructor({ research }) {
    super();
    this.#research = research;
  }

  build() {
    this.append(
      element("h2", {}, "What the features contain"),
      element("p", { class: "hint" }, "A probe learns the labels from the embeddings alone, without text. What it gets right and zero-shot misses is lost in the prompts, not in the features."),
      actions(this.#probe, this.#map),
      this.#run,
      this.#probed,
      this.#mapped,
    );
    for (const [button, work] of /** @type {const} */ ([[this.#probe, this.#fit], [this.#map, this.#draw]]))
      button.addEventListener("click", () => this.#run.runFor(this, work, this.#research.ends));
  }

  /** @param {import("./words-panel.js").Question} question */
  set question(question) {
    this.#question = question;
  }

  /** What is chosen now. @param {import("../research/subject.js").Subject | null} current */
  set current(current) {
    this.#probed.current = current;
    // A map is of the pictures and their labels alone.
    this.#mapped.current = current && { ...current, ...NO_WORDS };
  }

  #fit = async (/** @type {AbortSignal} */ signal) => {
    const width = this.#research.session.info?.projection_dim ?? 1;
    if (this.#research.embedded * this.#question.labels.length * width > MOST_WORK)
      throw new Error("This would take too long in a browser. Save the embeddings and run `clip-wasm probe` on them.");
    const onProgress = (/** @type {{ done: number, total: number }} */ steps) => (this.#run.steps = steps);
    const { subject, measured: probe } = await this.#research.measure("probe", {}, { question: this.#question, signal, onProgress });
    const shots = probe.few_shot.map((/** @type {any} */ { shots, accuracy, deviation }) => [`${shots} per label`, `${percent(accuracy)}, standard deviation ${(deviation * 100).toFixed(1)}`]);
    const untested = probe.untested_shots.map((/** @type {number} */ shots) => [`${shots} per label`, "not tested: no label has more pictures than that"]);
    const rows = [["Zero-shot, from the prompts", withInterval(probe.zero_shot)], [`Probe, cross-validated (C ${probe.c})`, withInterval(probe.cross_validated)], ...shots, ...untested];
    const parts = [table("Learned from the embeddings", ["Learned from", "Top-1 accuracy"], rows, (row) => row)];
    this.#probed.show(subject, parts, { name: "probe.json", title: "Save probe as JSON", measured: { ...probe, skipped: this.#research.leftOut } });
    this.current = this.#research.subject();
    this.send("announce", { text: `The probe reaches ${intervalText(probe.cross_validated)}.` });
  };

  #draw = async (/** @type {AbortSignal} */ signal) => {
    const { subject, measured: map } = await this.#research.measure("map", {}, { question: NO_WORDS, signal });
    const select = element("select", { id: "map-label" }, ...map.classes.map((/** @type {any} */ { label }, /** @type {number} */ index) => element("option", { value: index }, label)));
    const place = element("div");
    const show = () => {
      const { label = "", members = [] } = map.classes[Number(select.value)] ?? {};
      place.replaceChildren(figure(mapChart(map.coordinates, new Set(members), `Map of the embeddings, ${label ? `“${label}”` : "no label"} highlighted`)));
    };
    select.addEventListener("change", show);
    show();
    const [along, across = 0] = map.explained;
    const words = `Two components explain ${percent(along)} and ${percent(across)} of the variance: points that are close here may be far apart along other components.`;
    const twin = table("Position of each label", ["Label", "Pictures", "Centre", "Spread"], /** @type {any[]} */ (map.classes), ({ label, members, centre, spread }) => [
      label,
      members.length,
      centre.map((/** @type {number} */ at) => at.toFixed(2)).join(", "),
      spread.toFixed(2),
    ]);
    const chooser = actions(element("label", { for: "map-label" }, "Highlighted label"), select);
    const parts = [element("p", { class: "hint" }, words), chooser, element("div", { class: "beside" }, place, twin)];
    this.#mapped.show(subject, parts, { name: "map.json", title: "Save map as JSON", measured: map });
    this.current = this.#research.subject();
  };
}

customElements.define("features-panel", FeaturesPanel);
