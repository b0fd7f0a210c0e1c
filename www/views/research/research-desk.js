// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { DataFiles, Entry } from "./data-files.js" */
import { sentence } from "../../state/sentence.js";
import { keptStore, keyOf } from "./kept-store.js";

/** When the next part is kept, in milliseconds after the last: what a closed tab may lose. The first, if it is no small one. */
const [KEEP_SOON, KEEP_AT_LAST] = [1000, 10_000];
const NO_SMALL_PART = 32;
/** How long the worker may be at one batch of pictures, in milliseconds: a stop is heard between two. */
const BATCH = 100;
const MOST_TOGETHER = 64;

/** @typedef {{ done: number, total: number, perSecond: number, secondsLeft: number }} Progress */
/** @typedef {{ name: string, reason: string }} Skipped */

/**
 * The data set that Dataset, Robustness and Bias work on, and its embeddings in the engine.
 *
 * Events: `data` when there is another data set or more of it is embedded; `progress` with a `Progress` or `null`.
 */
export class ResearchDesk extends EventTarget {
  /** @type {DataFiles | null} */
  data = null;
  /** Pictures that could not be embedded. @type {Skipped[]} */
  #failed = [];
  /** Whether embeddings outlive this tab. */
  keeps = true;
  /** Names of the pictures that are embedded. @type {Set<string>} */
  #names = new Set();
  /** Batches so far, of any data. */
  #batches = 0;
  #session;
  #key = "";
  /** Parts that are kept, the pictures in them, and when the last was written. */
  #kept = { parts: 0, pictures: 0, at: 0 };
  #together = 1;

  /** @param {ModelSession} session */
  constructor(session) {
    super();
    this.#session = session;
    session.addEventListener("model", () => this.#begin());
  }

  get session() {
    return this.#session;
  }

  /** @param {string} verb @param {object} [payload] @param {{ signal?: AbortSignal, onProgress?: (progress: any) => void }} [options] */
  bench(verb, payload, options) {
    const { engine } = this.#session;
    if (!engine) return Promise.reject(new Error("The engine is not running."));
    return engine.bench(verb, payload, options);
  }

  /** The labels of the data, in its order. @returns {string[]} */
  get classes() {
    if (this.data?.classes) return this.data.classes;
    const labels = this.data?.entries.map(({ label }) => label).filter((label) => label !== null) ?? [];
    return [...new Set(labels)];
  }

  /** The templates that the data, else the model, wants. */
  get templates() {
    return this.data?.templates ?? this.#session.info?.templates ?? ["{}"];
  }

  /** Pictures that are embedded. */
  get embedded() {
    return this.#names.size;
  }

  /** Pictures that are left out, and why. @returns {Skipped[]} */
  get skipped() {
    return [...(this.data?.left ?? []), ...this.#failed];
  }

  /** Pictures that are neither embedded nor left out. */
  get missing() {
    const failed = new Set(this.#failed.map(({ name }) => name));
    return (this.data?.entries ?? []).filter(({ name }) => !this.#names.has(name) && !failed.has(name));
  }

  /**
   * Takes a data set and goes on from what is kept of it.
   *
   * @param {DataFiles} data
   */
  async open(data) {
    if (data.entries.length === 0) throw new Error("There are no pictures in it.");
    this.data = data;
    await this.#begin();
  }

  /** Begins with the data under the model that is loaded. */
  async #begin() {
    const { data } = this;
    const { engine } = this.#session;
    if (!data || !engine) return;
    this.#names = new Set();
    this.#failed = [];
    this.#key = await keyOf(await engine.modelHash(), data.entries.map(({ name }) => name));
    const parts = data.kept ? [data.kept] : await keptStore.read(this.#key);
    try {
      await this.#beginWith(parts);
    } catch (error) {
      if (data.kept) {
        this.data = null;
        throw error;
      }
      await this.#beginWith([]);
    } finally {
      this.dispatchEvent(new Event("data"));
    }
  }

  /** @param {import("./kept-store.js").KeptFiles[]} parts */
  async #beginWith(parts) {
    const { names } = await this.bench("open", { parts, expected: this.data?.entries.length ?? 0 });
    this.#names = new Set(names);
    this.#kept = { parts: parts.length, pictures: names.length, at: performance.now() };
  }

  /**
   * Embeds what is not embedded yet. Ended by its signal, it can be called again.
   *
   * @param {AbortSignal} signal
   */
  async embed(signal) {
    if (this.data?.kept) return;
    const { missing } = this;
    const begun = performance.now();
    const isShared = (this.#session.info?.threads ?? 1) > 1;
    let [next, done] = [0, 0];
    const following = () => this.#opened(missing.slice(next, (next += this.#together)));
    try {
      let batch = await following();
      while (done < missing.length) {
        // What is read meanwhile costs memory, and saves the more the more threads would wait for it.
        const ahead = isShared ? await following() : null;
        const read = ahead && { batch: ahead.id, pictures: ahead.pictures };
        this.#take(batch, await this.bench("add", { batch: batch.id, pictures: batch.pictures, ahead: read }, { signal }));
        done += batch.entries.length;
        this.#tell(done, missing.length, performance.now() - begun);
        if (this.#isDue()) await this.#keep();
        batch = ahead ?? (await following());
      }
    } finally {
      await this.#settle();
    }
  }

  /** A batch of pictures whose files are there. @param {Entry[]} entries */
  async #opened(entries) {
    /** @type {Skipped[]} */
    const unread = [];
    const open = async (/** @type {Entry} */ { name, label, read }) => {
      try {
        return [{ name, label, image: await /** @type {() => Promise<Blob>} */ (read)() }];
      } catch (error) {
        unread.push({ name, reason: sentence(error) });
        return [];
      }
    };
    return { id: this.#batches++, entries, pictures: (await Promise.all(entries.map(open))).flat(), unread };
  }

  /** @param {{ entries: Entry[], pictures: object[], unread: Skipped[] }} batch @param {{ skipped: Skipped[], milliseconds: number }} answer */
  #take({ entries, pictures, unread }, answer) {
    const skipped = [...unread, ...answer.skipped];
    const each = answer.milliseconds / Math.max(1, pictures.length);
    const left = new Set(skipped.map(({ name }) => name));
    for (const { name } of entries) if (!left.has(name)) this.#names.add(name);
    this.#failed.push(...skipped);
    const threads = this.#session.info?.threads ?? 1;
    const fitting = Math.floor(BATCH / Math.max(each, 0.1) / threads) * threads;
    this.#together = Math.min(MOST_TOGETHER, Math.max(threads, fitting));
  }

  /** After a run: what the engine has, which may be more than was heard of, is kept. */
  async #settle() {
    try {
      this.#names = new Set(await this.bench("names"));
      await this.#keep();
    } finally {
      this.dispatchEvent(new CustomEvent("progress", { detail: null }));
      this.dispatchEvent(new Event("data"));
    }
  }

  /** @param {number} done @param {number} total @param {number} milliseconds */
  #tell(done, total, milliseconds) {
    const perSecond = (done * 1000) / Math.max(milliseconds, 1);
    const detail = { done, total, perSecond, secondsLeft: (total - done) / perSecond };
    this.dispatchEvent(new CustomEvent("progress", { detail }));
  }

  #isDue() {
    const since = performance.now() - this.#kept.at;
    return since > KEEP_AT_LAST || (since > KEEP_SOON && this.embedded - this.#kept.pictures >= NO_SMALL_PART);
  }

  async #keep() {
    const { parts, pictures } = this.#kept;
    if (this.embedded <= pictures) return;
    const { count, ...files } = await this.bench("files", { first: pictures });
    this.keeps = await keptStore.write(this.#key, parts, files);
    const at = performance.now();
    this.#kept = this.keeps ? { parts: parts + 1, pictures: count, at } : { ...this.#kept, at };
  }

  /** Removes what is kept of this data. */
  async forget() {
    await keptStore.remove(this.#key);
    this.data = null;
    this.#names = new Set();
    this.dispatchEvent(new Event("data"));
  }
}
