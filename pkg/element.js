// @ts-check
/** `<clip-classify>`: one line of HTML that classifies a picture. */
/** @import { Score, ZeroShotImageClassificationPipeline } from "./index.js" */
import { pipeline } from "./index.js";

const ATTRIBUTES = ["src", "labels", "template", "model", "dtype", "preprocessor", "mode", "alt"];

/** What is shown: no style of the page gets in but by parts and custom properties, and none gets out. */
const STYLE = `
  :host { display: block; font: inherit; color: inherit; }
  :host([hidden]) { display: none; }
  img { display: block; max-inline-size: 100%; block-size: auto; }
  ol { list-style: none; margin: var(--clip-classify-gap, 0.5em) 0 0; padding: 0; display: grid; gap: var(--clip-classify-gap, 0.5em); }
  li { display: grid; grid-template-columns: 1fr auto; column-gap: 1em; }
  .bar { grid-column: 1 / -1; block-size: var(--clip-classify-bar-size, 0.4em); background: var(--clip-classify-track, color-mix(in srgb, currentColor 15%, transparent)); border-radius: 1em; overflow: hidden; }
  .bar > span { display: block; block-size: 100%; background: var(--clip-classify-bar, currentColor); }
  p { margin: var(--clip-classify-gap, 0.5em) 0 0; }
`;

/** On a server there are no elements: there, importing this does nothing. @type {typeof HTMLElement} */
const Base = globalThis.HTMLElement ?? class {};

/**
 * Classifies a picture and shows the scores.
 *
 * Attributes and properties: `src`, or an image of any kind as the property `image`; `labels`, with commas (as a property also an
 * array); `template`, `model`, `dtype`, `preprocessor`, `mode` as in `pipeline()`; `alt`.
 * Events: `clip-progress` (detail: of `progress_callback`), `clip-result` (detail: `{ scores }`), `clip-error` (detail: the error).
 * Slots: `image`, in place of the picture; `status`, what is said while it works. Parts: `image`, `scores`, `item`, `label`, `value`,
 * `track`, `bar`, `status`. Custom properties: `--clip-classify-gap`, `--clip-classify-bar`, `--clip-classify-track`,
 * `--clip-classify-bar-size`.
 */
export class ClipClassify extends Base {
  static observedAttributes = ATTRIBUTES;

  /** @type {unknown} */
  #image;
  /** @type {Score[]} */
  #scores = [];
  /** What ends the work that is under way. */
  #working = new AbortController();
  #isScheduled = false;
  /** The pipeline that is open, and what it was opened with. @type {{ key: string, opening: Promise<ZeroShotImageClassificationPipeline> } | undefined} */
  #open;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    // Not a <style>, which a page's Content-Security-Policy may forbid.
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const picture = slot("image", Object.assign(document.createElement("img"), { part: "image", hidden: true }));
    const scores = Object.assign(document.createElement("ol"), { part: "scores" });
    const status = Object.assign(document.createElement("p"), { part: "status", role: "status" });
    root.append(picture, scores, status);
  }

  /** The picture: of any kind that `pipeline()` takes; `src` where none is set. */
  get image() {
    return this.#image;
  }

  set image(image) {
    this.#image = image;
    this.#schedule();
  }

  /** @returns {string[]} */
  get labels() {
    return (this.getAttribute("labels") ?? "").split(",").map((label) => label.trim()).filter(Boolean);
  }

  /** @param {string[] | string} labels */
  set labels(labels) {
    this.setAttribute("labels", [labels].flat().join(", "));
  }

  /** What was found last, best first. @returns {readonly Score[]} */
  get scores() {
    return this.#scores;
  }

  connectedCallback() {
    this.#schedule();
  }

  disconnectedCallback() {
    this.#working.abort();
    this.#close();
  }

  attributeChangedCallback() {
    this.#schedule();
  }

  /** Several attributes that are set together are one change. */
  #schedule() {
    if (this.#isScheduled || !this.isConnected) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      if (this.isConnected) this.#classify();
    });
  }

  async #classify() {
    this.#working.abort();
    const { signal } = (this.#working = new AbortController());
    const image = this.#image ?? this.getAttribute("src");
    this.#showPicture();
    if (!image || this.labels.length === 0) return this.#end([], "");
    this.setAttribute("aria-busy", "true");
    this.#say(slot("status", "Classifying …"));
    try {
      const classify = await this.#pipeline();
      signal.throwIfAborted();
      const options = { hypothesis_template: this.getAttribute("template") ?? undefined, mode: /** @type {any} */ (this.getAttribute("mode") ?? undefined), signal };
      const scores = await classify(/** @type {any} */ (image), this.labels, options);
      signal.throwIfAborted();
      this.#end(scores, "");
      this.#tell("clip-result", { scores });
    } catch (error) {
      if (signal.aborted) return;
      this.#end([], error instanceof Error ? error.message : String(error));
      this.#tell("clip-error", error);
    }
  }

  /** Shows how the newest work has ended. @param {Score[]} scores @param {string} words */
  #end(scores, words) {
    this.#scores = scores;
    this.#showScores();
    this.#say(words);
    this.removeAttribute("aria-busy");
  }

  /** The pipeline of the model that is asked for now. */
  #pipeline() {
    const [model, dtype, preprocessor] = ["model", "dtype", "preprocessor"].map((name) => /** @type {any} */ (this.getAttribute(name) ?? undefined));
    const key = JSON.stringify([model, dtype, preprocessor]);
    if (this.#open?.key === key) return this.#open.opening;
    this.#close();
    const progress_callback = (/** @type {import("./index.js").ProgressEvent} */ event) => this.#tell("clip-progress", event);
    const opening = pipeline("zero-shot-image-classification", model, { dtype, preprocessor, progress_callback });
    this.#open = { key, opening };
    opening.catch(() => this.#open?.opening === opening && (this.#open = undefined)); // the next change tries again
    return opening;
  }

  #close() {
    this.#open?.opening.then((classify) => classify.dispose()).catch(() => {});
    this.#open = undefined;
  }

  #showPicture() {
    const picture = /** @type {HTMLImageElement} */ (this.shadowRoot?.querySelector("img"));
    const address = this.#image === undefined ? this.getAttribute("src") : null;
    picture.hidden = address === null;
    picture.alt = this.getAttribute("alt") ?? "";
    if (address !== null) picture.src = address;
  }

  #showScores() {
    const items = this.#scores.map(({ label, score }) => {
      const item = Object.assign(document.createElement("li"), { part: "item" });
      const bar = Object.assign(document.createElement("span"), { part: "bar" });
      bar.style.inlineSize = `${score * 100}%`;
      const track = Object.assign(document.createElement("span"), { part: "track", className: "bar", ariaHidden: "true" });
      track.append(bar);
      item.append(part("label", label), part("value", `${(score * 100).toFixed(1)} %`), track);
      return item;
    });
    this.shadowRoot?.querySelector("ol")?.replaceChildren(...items);
  }

  /** @param {string | Node} words */
  #say(words) {
    const status = /** @type {HTMLElement} */ (this.shadowRoot?.querySelector("p"));
    status.replaceChildren(words);
    status.hidden = words === "";
  }

  /** @param {string} name @param {unknown} detail */
  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

/** @param {string} name @param {Node | string} otherwise */
function slot(name, otherwise) {
  const element = Object.assign(document.createElement("slot"), { name });
  element.append(otherwise);
  return element;
}

/** @param {string} name @param {string} text */
function part(name, text) {
  return Object.assign(document.createElement("span"), { part: name, textContent: text });
}

if (globalThis.customElements && !customElements.get("clip-classify")) customElements.define("clip-classify", ClipClassify);
