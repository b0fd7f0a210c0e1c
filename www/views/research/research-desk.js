// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { DataFiles, Entry } from "./data-files.js" */
import { keptStore, keyOf } from "./kept-store.js";

/** Pictures between two copies of what is kept. */
const KEEP_EVERY = 50;
/** Failures of one picture, which the run outlives. */
const OF_A_PICTURE = /^image-|^file$/;

/** @typedef {{ done: number, total: number, perSecond: number, secondsLeft: number }} Progress */
/** @typedef {{ name: string, reason: string }} Skipped */

/**
 * The data set that Dataset, Robustness and Bias work on, and its embeddings in the engine.
 *
 * Events: `data` when there is another data set or more of it is embedded; `progress` with a `Progress` or `null`.
 */
export class ResearchDesk extends EventTarget {
  /** @type {DataFiles & { groups?: string } | null} */
  data = null;
  /** @type {Skipped[]} */
  skipped = [];
  /** Pictures that are embedded. */
  embedded = 0;
  /** Whether embeddings outlive this tab. */
  keeps = true;
  #session;
  #key = "";

  /** @param {ModelSession} session */
  constructor(session) {
    super();
    this.#session = session;
  }

  get session() {
    return this.#session;
  }

  /** @param {string} verb @param {object} [payload] @param {{ signal?: AbortSignal }} [options] */
  bench(verb, payload, options) {
    const { engine } = this.#session;
    if (!engine) return Promise.reject(new Error("The engine is not running."));
    return engine.bench(verb, payload, options);
  }

  /** The labels of the data, in its order. */
  get classes() {
    const labels = this.data?.entries.map(({ label }) => label).filter((label) => label !== null) ?? [];
    return [...new Set(labels)];
  }

  /** The templates that the model wants. */
  get templates() {
    return this.#session.info?.templates ?? ["{}"];
  }

  /**
   * Takes a data set and goes on from what is kept of it.
   *
   * @param {DataFiles} data
   */
  async open(data) {
    if (data.entries.length === 0) throw new Error("There are no pictures in it.");
    const { engine } = this.#session;
    if (!engine) throw new Error("The engine is not running.");
    this.#key = await keyOf(await engine.modelHash(), data.entries.map(({ name }) => name));
    const kept = await keptStore.read(this.#key);
    const opened = await this.bench("open", kept ?? {}).catch(() => this.bench("open", {}));
    this.data = data;
    this.skipped = [];
    this.embedded = opened.count;
    this.dispatchEvent(new Event("data"));
  }

  /**
   * Embeds what is not embedded yet. Ended by its signal, it can be called again.
   *
   * @param {AbortSignal} signal
   */
  async embed(signal) {
    const entries = this.data?.entries ?? [];
    const begun = performance.now();
    const names = await this.#keptNames();
    const missing = entries.filter(({ name }) => !names.has(name));
    this.skipped = [];
    let done = 0;
    try {
      for (const entry of missing) {
        signal.throwIfAborted();
        await this.#add(entry, signal);
        done += 1;
        this.#tell(done, missing.length, performance.now() - begun);
        if (done % KEEP_EVERY === 0) await this.#keep();
      }
    } finally {
      this.embedded = (await this.#keptNames()).size;
      await this.#keep();
      this.dispatchEvent(new CustomEvent("progress", { detail: null }));
      this.dispatchEvent(new Event("data"));
    }
  }

  /** @param {Entry} entry @param {AbortSignal} signal */
  async #add({ name, label, read }, signal) {
    try {
      await this.bench("add", { name, label, image: await read() }, { signal });
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      if (!OF_A_PICTURE.test(code)) throw error;
      this.skipped.push({ name, reason: /** @type {Error} */ (error).message });
    }
  }

  /** @param {number} done @param {number} total @param {number} milliseconds */
  #tell(done, total, milliseconds) {
    const perSecond = (done * 1000) / Math.max(milliseconds, 1);
    const detail = { done, total, perSecond, secondsLeft: (total - done) / perSecond };
    this.dispatchEvent(new CustomEvent("progress", { detail }));
  }

  /** @returns {Promise<Set<string>>} */
  async #keptNames() {
    const { csv } = await this.bench("files");
    const lines = await this.bench("table", { text: csv, json: false });
    return new Set(lines.map((/** @type {{ file: string }} */ { file }) => file));
  }

  async #keep() {
    this.keeps = await keptStore.write(this.#key, await this.bench("files"));
  }
}
