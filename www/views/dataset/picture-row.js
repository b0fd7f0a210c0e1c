// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { numberText } from "../../state/number-text.js";

/** @typedef {{ image: string, truth: string | null, predicted: string, read?: () => Promise<Blob> }} Answered */

/** How many pictures are shown; the rest are counted. */
const MOST = 60;
/** How far from what is seen a picture is read. */
const AHEAD = "200px";

/** Pictures in a row with what they were taken for. Call `show`. */
export class PictureRow extends Component {
  #title = element("h3");
  #list = element("ul", { class: "picture-row", tabIndex: 0, "aria-label": "Pictures" });
  /** @type {string[]} */
  #addresses = [];
  /** @type {WeakMap<Element, () => Promise<Blob>>} */
  #reads = new WeakMap();
  #near = new IntersectionObserver((changes) => this.#read(changes), { rootMargin: AHEAD });

  build() {
    this.append(this.#title, this.#list);
  }

  /** @param {string} title @param {Answered[]} pictures */
  show(title, pictures) {
    const more = pictures.length > MOST ? `, the first ${MOST} shown` : "";
    this.#title.textContent = `${title}: ${numberText.count(pictures.length)}${more}`;
    this.#addresses.forEach((address) => URL.revokeObjectURL(address));
    this.#addresses = [];
    this.#near.disconnect();
    this.#list.replaceChildren(...pictures.slice(0, MOST).map((picture) => this.#item(picture)));
  }

  /** @param {Answered} picture */
  #item({ image, truth, predicted, read }) {
    const shown = element("img", { alt: image, width: 96, height: 96 });
    if (read) {
      this.#reads.set(shown, read);
      this.#near.observe(shown);
    }
    const words = truth === null ? predicted : `${truth}: ${predicted}`;
    return element("li", {}, shown, element("span", {}, words));
  }

  /** @param {IntersectionObserverEntry[]} changes */
  #read(changes) {
    for (const { target, isIntersecting } of changes) {
      if (!isIntersecting) continue;
      this.#near.unobserve(target);
      this.#reads.get(target)?.().then((blob) => {
        const address = URL.createObjectURL(blob);
        this.#addresses.push(address);
        target.setAttribute("src", address);
      });
    }
  }
}

customElements.define("picture-row", PictureRow);
