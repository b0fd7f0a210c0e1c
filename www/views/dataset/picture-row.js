// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/** @typedef {{ image: string, truth: string | null, predicted: string, read?: () => Promise<Blob> }} Answered */

/** More than these are counted, not shown. */
const MOST = 60;

/** Pictures in a row with what they were taken for. Call `show`. */
export class PictureRow extends Component {
  #title = element("h3");
  #list = element("ul", { class: "picture-row", tabIndex: 0, "aria-label": "Pictures" });
  /** @type {string[]} */
  #addresses = [];

  build() {
    this.append(this.#title, this.#list);
  }

  /** @param {string} title @param {Answered[]} pictures */
  show(title, pictures) {
    const more = pictures.length > MOST ? `, the first ${MOST} shown` : "";
    this.#title.textContent = `${title}: ${numberText.count(pictures.length)}${more}`;
    this.#addresses.forEach((address) => URL.revokeObjectURL(address));
    this.#addresses = [];
    this.#list.replaceChildren(...pictures.slice(0, MOST).map((picture) => this.#item(picture)));
  }

  /** @param {Answered} picture */
  #item({ image, truth, predicted, read }) {
    const shown = element("img", { alt: image, width: 96, height: 96, loading: "lazy" });
    read?.().then((blob) => {
      const address = URL.createObjectURL(blob);
      this.#addresses.push(address);
      shown.src = address;
    });
    const words = truth === null ? predicted : `${truth}: ${predicted}`;
    return element("li", {}, shown, element("span", {}, words));
  }
}

customElements.define("picture-row", PictureRow);
