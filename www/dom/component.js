// @ts-check
/**
 * The base of every custom element of the page: properties in, `CustomEvent`s out, light DOM (so that page styles, labels
 * and assistive technology see one tree), and listeners that end when the element leaves the document.
 */
export class Component extends HTMLElement {
  #lifetime = new AbortController();
  #built = false;

  connectedCallback() {
    if (this.#lifetime.signal.aborted) this.#lifetime = new AbortController();
    if (!this.#built) {
      this.#built = true;
      this.build();
    }
    this.attach();
  }

  disconnectedCallback() {
    this.#lifetime.abort();
  }

  /** Aborts when the element leaves the document. */
  get lifetime() {
    return this.#lifetime.signal;
  }

  /** Fills the element, once, when it first enters the document. */
  build() {}

  /** Adds listeners, each time the element enters the document. */
  attach() {}

  /**
   * Listens for as long as the element is in the document.
   *
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} handler
   * @param {AddEventListenerOptions} [options]
   */
  listen(target, type, handler, options = {}) {
    target.addEventListener(type, handler, { ...options, signal: this.lifetime });
  }

  /**
   * Sends a bubbling `CustomEvent`.
   *
   * @param {string} type
   * @param {unknown} [detail]
   */
  send(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
  }
}
