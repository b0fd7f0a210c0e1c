// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";

/** How long the frame may take to say that it is there, in milliseconds. */
const PATIENCE = 4000;
const BLOCKED =
  "This browser blocks the address field here. Save the picture to this device and open the file instead.";

const FRAME = new URL("../../address/ask.html", import.meta.url);

/**
 * Asks another site for a picture, in a frame that the page cannot reach into (`www/address/ask.html`). The frame is there
 * while the panel shows. Property `address` writes one into its field; nothing is asked before the visitor presses the
 * frame's button. Event `address-picture` with `detail.file`.
 */
export class AddressPanel extends Component {
  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  #waiting = 0;
  #address = "";

  attach() {
    this.listen(window, "message", (/** @type {MessageEvent} */ event) => this.#receive(event));
  }

  get open() {
    return this.#frame !== null;
  }

  set open(/** @type {boolean} */ open) {
    this.hidden = !open;
    if (open === this.open) return;
    clearTimeout(this.#waiting);
    this.replaceChildren();
    this.#frame = open ? element("iframe", { title: "A picture from an address", src: FRAME.href }) : null;
    if (!this.#frame) return;
    this.#frame.setAttribute("sandbox", "allow-scripts allow-forms");
    this.append(this.#frame);
    this.#waiting = setTimeout(() => this.#frame?.replaceWith(element("p", { role: "alert" }, BLOCKED)), PATIENCE);
  }

  set address(/** @type {string} */ address) {
    this.#address = address;
    if (this.open) this.#write();
    else this.open = true; // the frame says when it is there
  }

  #write() {
    this.#frame?.contentWindow?.postMessage({ address: this.#address }, "*"); // an opaque origin has no name to send to
  }

  /** @param {MessageEvent} event */
  #receive({ source, data }) {
    if (!this.#frame || source !== this.#frame.contentWindow) return;
    clearTimeout(this.#waiting);
    if (data.ready) this.#write();
    // a frame that is not laid out yet has no height; one that is given none is never seen
    if (data.height > 0) this.#frame.style.blockSize = `${Math.min(data.height, 400)}px`;
    if (!(data.bytes instanceof ArrayBuffer)) return;
    this.open = false;
    const file = new File([data.bytes], String(data.name).slice(0, 120), { type: String(data.type) });
    this.send("address-picture", { file });
  }
}

customElements.define("address-panel", AddressPanel);
