// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { ClassifyParts } from "./classify-layout.js" */
/** @import { Answer } from "./picture-question.js" */
import { sentence } from "../../state/sentence.js";

/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").HeatmapMethod} HeatmapMethod */

/** The heatmap of the evidence for an answer, laid over the picture on request. */
export class Heatmap {
  #parts;
  #session;
  /** @type {Answer | null} */
  #answer = null;
  #side = 0;
  /** By label, [side * side]. @type {Map<string, Float32Array>} */
  #maps = new Map();
  #run = new AbortController();

  /**
   * @param {ClassifyParts} parts
   * @param {ModelSession} session
   * @param {AbortSignal} signal ends all listening
   */
  constructor(parts, session, signal) {
    this.#parts = parts;
    this.#session = session;
    parts.heat.addEventListener("click", () => this.#toggle(), { signal });
    parts.heatPanel.addEventListener("choose-heat", () => this.#show(), { signal });
    parts.heatPanel.addEventListener("choose-method", () => this.#answer && this.#measure(this.#answer), { signal });
    parts.scoreList.addEventListener("pointerover", ({ target }) => this.#point(target), { signal });
  }

  /**
   * Follows a newer answer; the engine keeps what it made of the picture's parts.
   *
   * @param {Answer | null} answer `null` where there is none, or the picture moves
   */
  follow(answer) {
    this.#run.abort();
    this.#maps = new Map();
    this.#answer = answer;
    this.#parts.heat.disabled = answer === null;
    if (!this.#on) return;
    if (answer) this.#measure(answer);
    else this.#clear();
  }

  get #on() {
    return this.#parts.heat.getAttribute("aria-pressed") === "true";
  }

  #toggle() {
    const on = !this.#on;
    this.#parts.heat.setAttribute("aria-pressed", String(on));
    this.#run.abort();
    if (!on || !this.#answer) return this.#clear();
    this.#measure(this.#answer);
    this.#parts.stage.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** @param {Answer} answer */
  async #measure({ picture, input, question, result }) {
    const { heatPanel, stage } = this.#parts;
    const { engine } = this.#session;
    this.#run.abort();
    const { signal } = (this.#run = new AbortController());
    if (!engine) return;
    stage.heat = null;
    heatPanel.hidden = false;
    const { templates } = question;
    const labels = result.scores.map(({ label }) => label);
    const method = /** @type {HeatmapMethod} */ (heatPanel.method);
    /** @param {import("../../../pkg/engine/protocol/types.d.ts").EncodeProgress} progress */
    const onProgress = (progress) => (heatPanel.progress = progress);
    try {
      const { side, values } = await engine.heatmaps(input, { key: picture.key, method, labels, templates, signal, onProgress });
      if (signal.aborted) return;
      this.#side = side;
      this.#maps = new Map(labels.map((label, at) => [label, values.subarray(at * side ** 2, (at + 1) * side ** 2)]));
    } catch (error) {
      if (!signal.aborted) heatPanel.message = sentence(error);
      return;
    }
    heatPanel.labels = labels;
    this.#show();
  }

  /** @param {EventTarget | null} target what the mouse is over: a score shows its label's map */
  #point(target) {
    const label = target instanceof Element ? target.closest("li")?.dataset.label : undefined;
    if (!this.#on || label === undefined || this.#maps.size === 0) return;
    this.#parts.heatPanel.label = label;
    this.#show();
  }

  #show() {
    const { stage, heatPanel } = this.#parts;
    const values = this.#maps.get(heatPanel.label);
    if (!values) return;
    const most = Math.max(...values);
    const least = heatPanel.method === "occlusion" ? 0 : Math.min(...values);
    heatPanel.range = { least, most };
    stage.heat = { light: lightOf(values, least, most), side: this.#side, strength: heatPanel.strength };
  }

  #clear() {
    this.#parts.stage.heat = null;
    this.#parts.heatPanel.hidden = true;
  }
}

/**
 * How bright each cell is shown, from 0 at `least` to 1 at `most`; all dark where nothing is above `least`.
 *
 * @param {Float32Array} values
 * @param {number} least
 * @param {number} most
 */
function lightOf(values, least, most) {
  return values.map((value) => (most > least ? Math.max(0, value - least) / (most - least) : 0));
}
