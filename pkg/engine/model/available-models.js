// @ts-check
/** @import { Dtype, Job, ResearchModule, ModelRecord, ModelSource, Preview, StorageState, StoredModel } from "../protocol/types.js" */
/** @import { ModelRecords } from "./model-records.js" */
/** @import { ModelStore } from "../store/model-store.js" */
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";
import { discard, findStored } from "./stored-model.js";
import { messageOf } from "../protocol/message-of.js";
import { downloadModel } from "../download/download-model.js";
import { openModel } from "./open-model.js";
import { preview } from "./preview.js";
import { planDownload } from "../download/download-plan.js";
import { locked } from "../store/locked.js";

/** Codes of failed downloads of a newer version, after which the stored one is used. */
const NOT_NOW = new Set(["download", "rate-limited", "no-access"]);

/** @typedef {{ source: ModelSource, note?: string }} ReadyModel what to load, and a sentence where that may not be the newest */

/** The models that the engine can have: those that are known, those in the store, and those that are fetched into it. */
export class AvailableModels {
  #store;
  #context;
  /** Downloads that were ended, and are still noting down what has come. @type {Set<Promise<unknown>>} */
  #ending = new Set();
  /** The known models' records, read once. @type {Promise<ModelRecord[]> | undefined} */
  #records;

  /**
   * @param {ModelStore} store
   * @param {{ research: () => Promise<ResearchModule>, models: ModelRecords, hub: string, token?: string }} context
   */
  constructor(store, context) {
    this.#store = store;
    this.#context = context;
  }

  /**
   * Makes sure that a model is at hand, and that it is the newest where its host says so: fetches it into the store where it
   * has to come from elsewhere.
   * @param {{ source: ModelSource, dtype?: Dtype }} payload
   * @param {Job} job
   * @returns {Promise<ReadyModel>} what to `load`
   */
  async download({ source, dtype = "q8_0" }, job) {
    const store = this.#store;
    if ("stored" in source) {
      const model = (await store.list()).find(({ key }) => key === source.stored);
      if (!model || "stored" in model.source) return { source };
      return this.download({ source: model.source, dtype: /** @type {Dtype} */ (model.dtype) }, job);
    }
    const kept = await findStored(source, dtype, store, { ...this.#context, signal: job.signal });
    if (kept && !kept.outdated) return { source: { stored: kept.key }, note: kept.note };
    try {
      const found = await this.fetch({ source, dtype }, job, kept?.key);
      if (kept) await discard(kept.key, store);
      return found;
    } catch (error) {
      if (!kept || !NOT_NOW.has(codeOf(error))) throw error;
      const note = `There is a newer version of this model, but it cannot be downloaded, so the stored copy is used: ${messageOf(error)}`;
      return { source: { stored: kept.key }, note };
    }
  }

  /**
   * Fetches a model into the store, where what is there is not the one that is wanted.
   * @param {{ source: ModelSource, dtype: Dtype }} payload
   * @param {Job} job
   * @param {string} [taken] the key of an older version, which stays until this one is whole
   * @returns {Promise<ReadyModel>}
   */
  async fetch({ source, dtype }, job, taken) {
    const plan = await planDownload(source, dtype, { ...this.#context, signal: job.signal });
    if (!plan) return { source };
    job.signal.throwIfAborted(); // from here on it is heard, below
    if (plan.key === taken) plan.key += " (newer)";
    const fetching = downloadModel(plan, this.#context.research, this.#store, job);
    job.signal.addEventListener("abort", () => this.#ending.add(fetching), { once: true });
    try {
      return { source: { stored: await fetching } };
    } finally {
      this.#ending.delete(fetching);
    }
  }

  /**
   * @param {{ source: ModelSource, dtype?: Dtype }} payload
   * @param {Job} job
   * @returns {Promise<Preview>}
   */
  async preview({ source, dtype = "q8_0" }, job) {
    return preview(source, dtype, { ...this.#context, signal: job.signal }, this.#store);
  }

  /**
   * @param {Job} job
   * @returns {Promise<{ records: ModelRecord[], stored: StoredModel[] }>}
   */
  async list({ signal }) {
    this.#records ??= this.#context.models.all(signal);
    this.#records.catch(() => (this.#records = undefined)); // the next one to ask tries again
    const records = await this.#records;
    await Promise.allSettled(this.#ending);
    return { records, stored: await this.#store.list() };
  }

  /**
   * @param {string} key
   * @throws {EngineError} "busy"
   */
  async remove(key) {
    const store = this.#store;
    await Promise.allSettled(this.#ending);
    const remove = async (/** @type {Lock | null} */ lock) => lock && store.remove(key).then(() => true);
    const removed = await locked(key, remove, { ifAvailable: true });
    if (!removed) throw new EngineError("busy", "this model is being downloaded: stop the download first");
  }

  /**
   * @param {string} key
   * @returns {Promise<Blob>}
   */
  async file(key) {
    const found = await this.#store.find(key);
    if (!found) throw new EngineError("unknown-model", `there is no model "${key}" in the store`);
    return found.file;
  }

  /** @returns {Promise<StorageState>} */
  storage() {
    return this.#store.state();
  }

  /**
   * @param {ModelSource} source as `download` gave it
   * @param {Job} job
   */
  open(source, { signal }) {
    return openModel(source, this.#context.models, this.#store, signal);
  }
}
