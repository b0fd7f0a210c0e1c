// @ts-check
/** @import { KeptNames, Mode, Settings } from "./url-fragment.js" */
import { fragment } from "./url-fragment.js";
import { storedTexts } from "./stored-texts.js";
import { remembered } from "./remembered.js";

/** Changes of the same field within this time are one step of the history: typing a word is one step back, not ten. */
const ONE_STEP_MS = 4000;
/** The address bar follows typing at this distance; browsers refuse pages that write it at every key. */
const WRITE_AFTER_MS = 250;
/** Characters of an address that is still one to look at. A longer list is kept in this browser, and named in it. */
const LONG_ADDRESS = 4000;
/** Characters of a link that browsers, mail and chats pass on whole: some two thousand labels. */
const LONG_LINK = 32_000;

/** The fields that can be long. */
const LISTS = /** @type {const} */ (["labels", "templates"]);

/** @typedef {(typeof LISTS)[number]} List */
/** @typedef {{ link: string, without: List[] }} Link `without` names the lists that are too long for any link */

/**
 * The settings in force. It starts from the address, else from the last visit; every change reaches the address, the history
 * and the next visit. Dispatches `change`, with `detail.origin` "page" or "history".
 */
export class SettingsStore extends EventTarget {
  /** A sentence about what the address names and is not there. @type {string | null} */
  problem = null;
  /** @type {Settings} */
  #current;
  #lastStep = { fields: "", time: -Infinity };
  #pendingWrite = 0;
  /** @type {Settings} */
  #initial;
  /** What this step of the history keeps its long lists as. @type {KeptNames} */
  #kept = {};

  /** @param {Mode | null} mode where neither the address nor the last visit says one; `null`: the model's own */
  constructor(mode) {
    super();
    this.#initial = { labels: null, templates: null, mode, sample: null, tab: null, model: null };
    // What the browser keeps of this step is the more exact: it has blank lines, and lists of any length.
    const step = history.state?.settings;
    this.#current = { ...this.#initial, ...(step ?? this.#read(location.hash || remembered.read())) };
    this.#replace("");
    addEventListener("popstate", (event) => this.#restore(event.state?.settings));
    addEventListener("pagehide", () => this.#writeNow());
  }

  get current() {
    return this.#current;
  }

  /**
   * The address of this page with the present settings in it, some of them replaced. Its lists are in it, whole, or not at all.
   *
   * @param {Partial<Settings>} patch
   * @returns {Link}
   */
  linkTo(patch) {
    const link = new URL(location.href);
    const settings = { ...this.#current, ...patch };
    /** @type {List[]} */
    const without = [];
    for (;;) {
      link.hash = fragment.format(settings, this.#initial.mode);
      const longest = longestOf(settings);
      if (link.hash.length <= LONG_LINK || !longest) return { link: link.href, without };
      settings[longest] = null;
      without.push(longest);
    }
  }

  /** @param {Partial<Settings>} patch */
  change(patch) {
    const fields = Object.keys(patch).join();
    const now = performance.now();
    const sameStep = fields === this.#lastStep.fields && now - this.#lastStep.time < ONE_STEP_MS;
    this.#lastStep = { fields, time: now };
    if (!sameStep) {
      this.#writeNow();
      this.#kept = {};
      history.pushState(null, "");
    }
    this.#take(patch, sameStep ? WRITE_AFTER_MS : 0);
  }

  /** Changes what no visitor changed: it belongs to the present step of the history. @param {Partial<Settings>} patch */
  correct(patch) {
    this.#take(patch, 0);
  }

  /** @param {Partial<Settings>} patch @param {number} wait */
  #take(patch, wait) {
    this.#current = { ...this.#current, ...patch };
    clearTimeout(this.#pendingWrite);
    this.#pendingWrite = setTimeout(() => this.#writeNow(), wait);
    this.#announce("page");
  }

  #writeNow() {
    if (!this.#pendingWrite) return;
    clearTimeout(this.#pendingWrite);
    this.#pendingWrite = 0;
    const hash = this.#address();
    this.#replace(hash || location.pathname + location.search);
    remembered.write(hash);
  }

  /** The settings as the address has them: lists that make it too long are kept aside, the longest first. */
  #address() {
    const settings = { ...this.#current };
    /** @type {KeptNames} */
    const kept = {};
    for (;;) {
      const hash = fragment.format(settings, this.#initial.mode, kept);
      const longest = longestOf(settings);
      if (hash.length <= LONG_ADDRESS || !longest) {
        this.#kept = kept;
        return hash;
      }
      kept[longest] = storedTexts.keep(settings[longest] ?? "", this.#kept[longest]);
      settings[longest] = null;
    }
  }

  /** Notes the settings with this step of the history. @param {string} address empty: as it is */
  #replace(address) {
    try {
      history.replaceState({ settings: this.#current }, "", address || undefined);
    } catch {
      history.replaceState(null, "", address || undefined); // larger than the browser keeps with a step (Firefox: 16 MB)
    }
  }

  /** @param {string} hash @returns {Partial<Settings>} */
  #read(hash) {
    const { settings, kept } = fragment.parse(hash);
    for (const list of LISTS) {
      const name = kept[list];
      if (name === undefined || settings[list] !== undefined) continue;
      const text = storedTexts.find(name);
      if (text !== null) settings[list] = text;
      else this.problem = absent(list, name);
    }
    return settings;
  }

  /** @param {Settings | undefined} saved absent where the visitor edited the address by hand */
  #restore(saved) {
    // The model is no step of the history: going back among labels does not load another.
    this.#current = saved ? { ...saved, model: this.#current.model } : { ...this.#initial, ...this.#read(location.hash) };
    if (!saved) this.#replace("");
    this.#lastStep = { fields: "", time: -Infinity };
    this.#kept = {};
    this.#announce("history");
  }

  /** @param {"page" | "history"} origin */
  #announce(origin) {
    this.dispatchEvent(new CustomEvent("change", { detail: { origin } }));
  }
}

/** @param {Settings} settings @returns {List | undefined} the list that takes the most of an address */
function longestOf(settings) {
  const size = (/** @type {List} */ list) => settings[list]?.length ?? 0;
  return LISTS.filter((list) => settings[list]).sort((one, other) => size(other) - size(one))[0];
}

/** @param {List} list @param {string} name */
function absent(list, name) {
  const count = Number.parseInt(name, 10);
  return `The ${count > 0 ? `${count.toLocaleString("en")} ` : ""}${list} of this link are stored only in the browser where it was made. Ask the sender for the list itself, or for the page as a single file (Share tab).`;
}
