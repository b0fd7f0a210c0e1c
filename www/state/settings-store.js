// @ts-check
/** @import { Mode, Settings } from "./fragment.js" */
import { fragment } from "./fragment.js";
import { remembered } from "./remembered.js";

/** Changes of the same field within this time are one step of the history: typing a word is one step back, not ten. */
const ONE_STEP_MS = 4000;
/** The address bar follows typing at this distance; browsers refuse pages that write it at every key. */
const WRITE_AFTER_MS = 250;

/**
 * The settings in force. It starts from the address, else from the last visit; every change reaches the address, the history
 * and the next visit. Dispatches `change`, with `detail.origin` "page" or "history".
 */
export class SettingsStore extends EventTarget {
  /** @type {Settings} */
  #current;
  #lastStep = { fields: "", time: -Infinity };
  #pendingWrite = 0;
  /** @type {Settings} */
  #initial;

  /** @param {Mode | null} mode where neither the address nor the last visit says one; `null`: the model's own */
  constructor(mode) {
    super();
    this.#initial = { labels: null, templates: null, mode, sample: null, tab: null };
    this.#current = { ...this.#initial, ...fragment.parse(location.hash || remembered.read()) };
    history.replaceState({ settings: this.#current }, "");
    addEventListener("popstate", (event) => this.#restore(event.state?.settings));
    addEventListener("pagehide", () => this.#writeNow());
  }

  get current() {
    return this.#current;
  }

  /**
   * The address of this page with the present settings in it, some of them replaced.
   *
   * @param {Partial<Settings>} patch
   */
  linkTo(patch) {
    const link = new URL(location.href);
    link.hash = fragment.format({ ...this.#current, ...patch }, this.#initial.mode);
    return link.href;
  }

  /** @param {Partial<Settings>} patch */
  change(patch) {
    const fields = Object.keys(patch).join();
    const now = performance.now();
    const sameStep = fields === this.#lastStep.fields && now - this.#lastStep.time < ONE_STEP_MS;
    this.#lastStep = { fields, time: now };
    if (!sameStep) {
      this.#writeNow();
      history.pushState(null, "");
    }
    this.#current = { ...this.#current, ...patch };
    clearTimeout(this.#pendingWrite);
    this.#pendingWrite = setTimeout(() => this.#writeNow(), sameStep ? WRITE_AFTER_MS : 0);
    this.#announce("page");
  }

  #writeNow() {
    if (!this.#pendingWrite) return;
    clearTimeout(this.#pendingWrite);
    this.#pendingWrite = 0;
    const hash = fragment.format(this.#current, this.#initial.mode);
    history.replaceState({ settings: this.#current }, "", hash || location.pathname + location.search);
    remembered.write(hash);
  }

  /** @param {Settings | undefined} saved absent where the visitor edited the address by hand */
  #restore(saved) {
    this.#current = saved ?? { ...this.#initial, ...fragment.parse(location.hash) };
    if (!saved) history.replaceState({ settings: this.#current }, "");
    this.#lastStep = { fields: "", time: -Infinity };
    this.#announce("history");
  }

  /** @param {"page" | "history"} origin */
  #announce(origin) {
    this.dispatchEvent(new CustomEvent("change", { detail: { origin } }));
  }
}
