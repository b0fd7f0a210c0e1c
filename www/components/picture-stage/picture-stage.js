// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/** Pixels along the side of the heatmap: its few cells are smoothed in steps. */
const HEAT_SIDE = 96;

const UNSEEN = "This browser cannot display the file.";

/**
 * The picture being classified, as the model sees it: what its square crop leaves out is veiled. Another instrument (the
 * drawing pad, the camera) can take the picture's place.
 *
 * Properties: `picture`, `{ src, alt, caption }`; `heat`; `size`, the picture's `{ width, height }` once known, with
 * `crops: false` where the model sees all of it;
 * `verdict`; `instrument`, an element or `null`; `dropping`, whether a file hangs over the page.
 *
 * @typedef {{ src: string, alt: string, caption: string }} ShownPicture
 */
export class PictureStage extends Component {
  #image = element("img", { hidden: true, decoding: "async" });
  #veil = element("div", { class: "veil", hidden: true });
  #heat = element("canvas", {
    class: "heat",
    width: HEAT_SIDE,
    height: HEAT_SIDE,
    hidden: true,
    "aria-hidden": "true",
  });
  #invitation = element("p", { class: "invitation" }, "Drop a picture here, paste one, or open a file.");
  #verdict = element("span", { class: "verdict", "aria-hidden": "true" });
  #caption = element("span", { class: "caption" });
  #note = element("span", { class: "crop-note" });
  #frame = element("div", { class: "frame" });

  build() {
    this.#image.addEventListener("error", () => {
      this.#image.hidden = true;
      this.#invitation.hidden = false;
      this.#invitation.textContent = UNSEEN;
    });
    this.#frame.append(
      this.#invitation,
      this.#image,
      this.#heat,
      this.#veil,
      element("p", { class: "drop-hint", "aria-hidden": "true" }, "Drop to classify"),
    );
    this.append(
      element("figure", {}, this.#frame, element("figcaption", {}, this.#verdict, this.#caption, this.#note)),
    );
  }

  set picture(/** @type {ShownPicture} */ picture) {
    this.size = null;
    this.heat = null;
    this.#image.hidden = false;
    this.#invitation.hidden = true;
    this.#image.src = picture.src;
    this.#image.alt = picture.alt;
    this.#caption.textContent = picture.caption;
  }

  /**
   * Darkens what the model sees, the square in the middle or the whole picture, except where it is light.
   *
   * @param {{ light: Float32Array, side: number, strength: number } | null} heat `light`: [side * side], 0..1, row by row
   */
  set heat(heat) {
    this.#heat.hidden = heat === null;
    if (!heat) return;
    const { light, side, strength } = heat;
    const shade = new ImageData(side, side);
    light.forEach((value, place) => (shade.data[4 * place + 3] = Math.round(255 * strength * (1 - value))));
    const cells = element("canvas", { width: side, height: side });
    cells.getContext("2d")?.putImageData(shade, 0, 0);
    const context = this.#heat.getContext("2d");
    if (!context) return;
    context.imageSmoothingQuality = "high";
    context.clearRect(0, 0, HEAT_SIDE, HEAT_SIDE);
    context.drawImage(cells, 0, 0, HEAT_SIDE, HEAT_SIDE);
  }

  set size(/** @type {{ width: number, height: number, crops?: boolean } | null} */ size) {
    const ratio = size ? size.width / size.height : 1;
    const isWhole = size?.crops === false;
    const cropped = !isWhole && Math.abs(ratio - 1) > 0.02;
    this.#frame.toggleAttribute("data-whole", isWhole);
    this.#veil.hidden = !cropped;
    this.#note.textContent = cropped ? "The model sees the bright square." : "";
    this.#frame.style.setProperty("--ratio", String(ratio));
    this.#veil.dataset.axis = ratio > 1 ? "wide" : "tall";
  }

  /** The answer in brief, repeated here where the scores are out of sight; the empty string for none. */
  set verdict(/** @type {string} */ verdict) {
    this.#verdict.textContent = verdict;
  }

  set instrument(/** @type {HTMLElement | null} */ instrument) {
    this.querySelector(":scope > .instrument")?.remove();
    this.toggleAttribute("data-instrument", instrument !== null);
    if (!instrument) return;
    instrument.classList.add("instrument");
    this.prepend(instrument);
  }

  set dropping(/** @type {boolean} */ dropping) {
    this.toggleAttribute("data-dropping", dropping);
  }
}

customElements.define("picture-stage", PictureStage);
