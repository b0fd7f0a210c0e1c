// @ts-check
/** @import { LoadProgress as Progress } from "../../../pkg/engine/protocol/types.js" */
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";
import { numberText } from "../../state/number-text.js";

/** @type {Record<Progress["stage"], string>} */
const STAGES = { download: "Downloading", read: "Reading", prepare: "Preparing", wait: "Waiting" };

/**
 * A model that loads: a bar, bytes, rate and time left, and the ways to interrupt it. Hidden while nothing loads.
 *
 * Property `progress`, or `null`. Events `pause-load`, offered for downloads, and `stop-load`.
 */
export class LoadProgress extends Component {
  #bar = element("progress", { max: 1, "aria-label": "Loading" });
  #line = element("p", { class: "line" });
  #note = element("p", { class: "hint" });
  #pause = element("button", { type: "button", class: "button" }, icon("pause"), "Pause");
  #stop = element("button", { type: "button", class: "button" }, icon("clear"), "Stop");

  build() {
    this.append(this.#bar, this.#line, this.#note, element("div", { class: "actions" }, this.#pause, this.#stop));
    this.#pause.addEventListener("click", () => this.send("pause-load"));
    this.#stop.addEventListener("click", () => {
      this.#stop.disabled = true; // until what is under way has heard of it
      this.send("stop-load");
    });
    this.progress = null;
  }

  set progress(/** @type {Progress | null} */ progress) {
    this.hidden = progress === null;
    if (!progress) this.#stop.disabled = false;
    if (!progress) return;
    const { loaded, total, stage, bytesPerSecond, secondsLeft, note } = progress;
    if (total > 0) this.#bar.value = Math.min(1, loaded / total);
    else this.#bar.removeAttribute("value");
    const words = [`${STAGES[stage]} ${numberText.bytes(loaded)}${total > 0 ? ` of ${numberText.bytes(total)}` : ""}`];
    if (bytesPerSecond) words.push(`${numberText.bytes(Math.round(bytesPerSecond))}/s`);
    if (secondsLeft !== undefined && stage === "download") words.push(`${numberText.wait(secondsLeft)} left`);
    this.#line.textContent = words.join(", ");
    this.#note.textContent = note ?? "";
    this.#note.hidden = !note;
    this.#pause.hidden = stage !== "download" && stage !== "wait";
  }
}

customElements.define("load-progress", LoadProgress);
