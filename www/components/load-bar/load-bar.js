// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/**
 * A slim determinate bar for a model that loads. Hidden while nothing loads.
 *
 * Property `progress`: `{ loaded, total, stage }` in bytes, or `null`; a `total` of 0 is unknown and moves the bar from end to end.
 *
 * @typedef {{ loaded: number, total: number, stage: string }} LoadProgress
 */
export class LoadBar extends Component {
  /** @type {LoadProgress | null} */
  #progress = null;
  #bar = element("progress", { max: 1 });

  build() {
    this.#bar.setAttribute("aria-label", "Loading the model");
    this.append(this.#bar);
    this.#render();
  }

  set progress(/** @type {LoadProgress | null} */ progress) {
    this.#progress = progress;
    this.#render();
  }

  #render() {
    const progress = this.#progress;
    this.toggleAttribute("data-idle", progress === null);
    this.#bar.hidden = progress === null;
    if (!progress) return;
    if (progress.total > 0) this.#bar.value = Math.min(1, progress.loaded / progress.total);
    else this.#bar.removeAttribute("value");
    const total = progress.total > 0 ? ` of ${numberText.bytes(progress.total)}` : "";
    this.#bar.setAttribute("aria-valuetext", `${numberText.bytes(progress.loaded)}${total}`);
  }
}

customElements.define("load-bar", LoadBar);
