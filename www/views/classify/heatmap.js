// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { ClassifyParts } from "./classify-layout.js" */
/** @import { Answer } from "./picture-question.js" */
import { sentence } from "../../state/sentence.js";
import { occlusion } from "./occlusion.js";

/** @typedef {import("../../engine/types.d.ts").Picture} Picture */

/** The square is covered at twice the model's own size, so that the engine's resize sees more than it keeps. */
const OVERSAMPLING = 2;

/** What an answer rests on, laid over the picture when the visitor asks for it. */
export class Heatmap {
  #parts;
  #session;
  /** @type {Answer | null} */
  #answer = null;
  /** @type {{ key: string, pictures: Picture[] } | null} the covered pictures of the one on the stage */
  #encoded = null;
  /** @type {Map<string, Float32Array>} */
  #drops = new Map();
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
    parts.scoreList.addEventListener("pointerover", ({ target }) => this.#point(target), { signal });
  }

  /**
   * Follows a newer answer; covered pictures are kept for as long as the picture stays.
   *
   * @param {Answer | null} answer `null` where there is none, or the picture moves
   */
  follow(answer) {
    this.#run.abort();
    this.#drops = new Map();
    this.#answer = answer;
    this.#parts.heat.disabled = answer === null;
    if (this.#encoded?.key !== answer?.picture.key) this.#encoded = null;
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
    if (on && this.#answer) this.#measure(this.#answer);
    else this.#clear();
  }

  /** @param {Answer} answer */
  async #measure({ picture, question, result }) {
    const { heatPanel, stage } = this.#parts;
    const { engine, info } = this.#session;
    const { signal } = (this.#run = new AbortController());
    if (!engine || !info) return;
    stage.heat = null;
    heatPanel.hidden = false;
    const onProgress = (/** @type {number} */ done, /** @type {number} */ total) =>
      (heatPanel.progress = { done, total });
    try {
      this.#encoded ??= {
        key: picture.key,
        pictures: await occlusion.encode(engine, stage.image, OVERSAMPLING * info.image_size, { signal, onProgress }),
      };
      this.#drops = await occlusion.drops(engine, this.#encoded.pictures, question, signal);
    } catch (error) {
      if (!signal.aborted) heatPanel.message = sentence(error);
      return;
    }
    if (signal.aborted) return;
    heatPanel.labels = result.scores.map(({ label }) => label);
    this.#show();
  }

  /** @param {EventTarget | null} target what the mouse is over: a score shows its label's map */
  #point(target) {
    const label = target instanceof Element ? target.closest("li")?.dataset.label : undefined;
    if (!this.#on || label === undefined || this.#drops.size === 0) return;
    this.#parts.heatPanel.label = label;
    this.#show();
  }

  #show() {
    const { stage, heatPanel } = this.#parts;
    const drops = this.#drops.get(heatPanel.label);
    if (drops) stage.heat = { drops, side: occlusion.GRID, strength: heatPanel.strength };
  }

  #clear() {
    this.#parts.stage.heat = null;
    this.#parts.heatPanel.hidden = true;
  }
}
