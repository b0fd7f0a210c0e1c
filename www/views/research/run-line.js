// @ts-check
import "../../components/error-note/error-note.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
/** @import { Progress } from "./research.js" */

/** Why work was cancelled that other work has replaced. */
const SUPERSEDED = new DOMException("other work has taken its place", "AbortError");

/**
 * Long work: a button that starts it, a bar with rate and time left, a button that stops it, and what went wrong.
 *
 * Property `progress`: a `Progress` or `null`. Call `run(work)`: at most one at a time; `runFor(view, work)`, which also says on the view
 * how it goes; or `replace(work)`, which ends the one before.
 */
export class RunLine extends Component {
  #stop = element("button", { type: "button", class: "button", hidden: true }, "Stop");
  #bar = element("progress", { max: 1, value: 0, hidden: true, "aria-label": "Progress" });
  #text = element("span", { class: "run-text" });
  #fault = element("error-note");
  /** @type {AbortController | null} */
  #running = null;
  /** What settles when the running work has ended. @type {Promise<unknown>} */
  #ended = Promise.resolve();

  build() {
    this.append(element("p", { class: "run" }, this.#bar, this.#text, this.#stop), this.#fault);
    this.#stop.addEventListener("click", () => this.#running?.abort());
  }

  get isRunning() {
    return this.#running !== null;
  }

  /** @param {Progress | null} progress */
  set progress(progress) {
    this.#bar.hidden = progress === null;
    if (!progress) return;
    this.#bar.value = progress.done / Math.max(progress.total, 1);
    const left = numberText.duration(progress.secondsLeft * 1000);
    const rate = `${progress.perSecond.toFixed(1)}/s, ${left} left`;
    const doing = progress.doing ? `${progress.doing} ` : "";
    this.#text.textContent = `${doing}${numberText.count(progress.done)} of ${numberText.count(progress.total)}, ${rate}`;
  }

  /** Steps of a measurement, of which nothing is known but their number. @param {{ done: number, total: number }} steps */
  set steps({ done, total }) {
    if (!this.#running) return;
    this.#bar.hidden = false;
    this.#bar.value = done / Math.max(total, 1);
  }

  /** What is said beside the bar. @param {string} words */
  set words(words) {
    this.#text.textContent = words;
  }

  /**
   * Runs `work` until it is done, fails or is stopped; a failure is told here.
   *
   * @param {(signal: AbortSignal) => Promise<void>} work
   * @param {AbortSignal} [ends] of the model and the data that are measured: work fails when either changes
   * @returns {Promise<boolean>} whether it was done; it is not where other work runs
   */
  async run(work, ends) {
    if (this.#running) return false;
    return (this.#ended = this.#work(work, ends));
  }

  /**
   * Runs `work` as `run` does, and says in the `data-state` of a view how it goes: "working", then "ready" or "failed".
   *
   * @param {HTMLElement} view
   * @param {(signal: AbortSignal) => Promise<void>} work
   * @param {AbortSignal} [ends]
   */
  async runFor(view, work, ends) {
    if (this.#running) return;
    view.dataset.state = "working";
    view.dataset.state = (await this.run(work, ends)) ? "ready" : "failed";
  }

  /**
   * Runs `work` as `run` does, in place of what runs, which is ended first.
   *
   * @param {(signal: AbortSignal) => Promise<void>} work
   */
  async replace(work) {
    while (this.#running) {
      this.#running.abort(SUPERSEDED);
      await this.#ended;
    }
    return this.run(work);
  }

  /** @param {(signal: AbortSignal) => Promise<void>} work @param {AbortSignal} [ends] */
  async #work(work, ends) {
    const running = (this.#running = new AbortController());
    const wasThere = ends?.aborted === false; // where there was nothing to measure, the work says so
    this.#fault.fault = null;
    this.#stop.hidden = false;
    try {
      await work(running.signal);
      return true;
    } catch (error) {
      if (running.signal.reason === SUPERSEDED) this.words = "";
      else if (running.signal.aborted) this.words = "Stopped. Progress is saved.";
      else this.#fault.fault = { message: wasThere && ends.aborted ? "Stopped: the model or the data changed meanwhile. Measure again." : sentence(error) };
      return false;
    } finally {
      this.#running = null;
      this.#stop.hidden = true;
      this.progress = null;
    }
  }
}

customElements.define("run-line", RunLine);
