// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { ResearchRequests, ResearchVerb } from "../../../pkg/engine/protocol/requests.js" */
/** @import { CallOptions } from "../../../pkg/engine/protocol/types.js" */
/** @import { DataFiles } from "./data-files.js" */
/** @import { Subject } from "./subject.js" */
import { sentence } from "../../state/sentence.js";
import { EmbeddingRun } from "./embedding-run.js";
import { subjectOf } from "./subject.js";

/** @typedef {{ done: number, total: number, perSecond: number, secondsLeft: number, doing?: string }} Progress */
/** @typedef {{ name: string, reason: string }} Skipped */
/** @typedef {{ labels: string[], templates: string[], seed: number }} Question */

/**
 * The data set that Dataset, Robustness and Bias work on, its embeddings in the engine, and the question that is asked of it.
 *
 * Events: `data` when there is another data set, another model, or more is embedded; `question` when labels, templates or the
 * seed are others; `begun` when the data is open under another model; `progress` with a `Progress` or `null`.
 */
export class Research extends EventTarget {
  /** @type {DataFiles | null} */
  data = null;
  /** Why the data cannot be used with the model that is loaded. @type {string} */
  problem = "";
  /** Pictures a second that were embedded last. */
  perSecond = 0;
  /** @type {Question} */
  #question = { labels: [], templates: ["{}"], seed: 0 };
  /** @type {EmbeddingRun | null} */
  #run = null;
  /** The model that is loaded, as subjects have it. @type {object | null} */
  #model = null;
  #session;

  /** @param {ModelSession} session */
  constructor(session) {
    super();
    this.#session = session;
    session.addEventListener("model", () => this.#beginAgain());
  }

  get session() {
    return this.#session;
  }

  /**
   * @template {ResearchVerb} Verb
   * @param {Verb} verb
   * @param {ResearchRequests[Verb]["takes"]} payload
   * @param {CallOptions<ResearchRequests[Verb]["tells"]>} [options]
   * @returns {Promise<ResearchRequests[Verb]["gives"]>}
   */
  ask(verb, payload, options) {
    const { engine } = this.#session;
    if (!engine) return Promise.reject(new Error("The engine is not running."));
    return engine.research(verb, payload, options);
  }

  /** What is asked of the data, the same in every view. */
  get question() {
    return this.#question;
  }

  set question(question) {
    if (JSON.stringify(question) === JSON.stringify(this.#question)) return;
    this.#question = Object.freeze(structuredClone(question));
    this.dispatchEvent(new Event("question"));
  }

  /** The labels of the data, in its order. @returns {string[]} */
  get classes() {
    if (this.data?.classes) return this.data.classes;
    const labels = this.data?.entries.map(({ label }) => label).filter((label) => label !== null) ?? [];
    return [...new Set(labels)];
  }

  /** Pictures that are embedded. */
  get embedded() {
    return this.#run?.names.size ?? 0;
  }

  /** Pictures that are left out, and why. @returns {Skipped[]} */
  get skipped() {
    return [...(this.data?.left ?? []), ...(this.#run?.failed ?? [])];
  }

  /** The same, as documents have them. */
  get leftOut() {
    return this.skipped.map(({ name: image, reason }) => ({ image, reason }));
  }

  /** Pictures that are neither embedded nor left out. */
  get missing() {
    return this.#run?.missing ?? this.data?.entries ?? [];
  }

  /** Whether embeddings outlive this tab. */
  get keeps() {
    return this.#run?.keeps ?? true;
  }

  /** How many pictures were there from an earlier visit, and when they were saved. */
  get resumed() {
    return this.#run?.resumed ?? { images: 0, at: 0 };
  }

  /** Aborts when another data set or another model takes the place of what is there now. */
  get ends() {
    return this.#run?.ends ?? AbortSignal.abort();
  }

  /**
   * Takes a data set, with the labels and templates that it, else the model, brings.
   *
   * @param {DataFiles} data
   */
  async open(data) {
    if (data.entries.length === 0) throw new Error("It contains no pictures.");
    this.data = data;
    const templates = data.templates ?? this.#session.info?.templates ?? ["{}"];
    this.question = { ...this.#question, labels: [...new Set(this.classes)], templates };
    await this.#begin();
  }

  /** Begins with the data under the model that is loaded. */
  async #begin() {
    this.#run?.end();
    this.#run = null;
    this.problem = "";
    const { data } = this;
    const { engine, info } = this.#session;
    if (!data || !engine || !info) return;
    this.dispatchEvent(new Event("data"));
    const run = new EmbeddingRun({ engine, info, data, tell: (detail) => this.#tell(run, detail) });
    this.#run = run;
    try {
      await run.begin();
      this.#model = run.model;
    } catch (error) {
      if (this.#run !== run) return;
      this.#run = null;
      this.problem = sentence(error);
      throw error;
    } finally {
      this.dispatchEvent(new Event("data"));
    }
  }

  /** Under another model. */
  async #beginAgain() {
    this.#model = null;
    if (!this.data) return void this.dispatchEvent(new Event("data"));
    await this.#begin().catch(() => {}); // `problem` says it
    this.dispatchEvent(new Event("begun"));
  }

  /**
   * Takes what was saved in earlier visits, without embedding anything.
   *
   * @param {AbortSignal} signal
   */
  async recall(signal) {
    await this.#during((run) => run.recall(signal));
  }

  /**
   * Embeds what is not embedded yet. Ended by its signal, it can be called again.
   *
   * @param {AbortSignal} signal
   */
  async embed(signal) {
    await this.#during((run) => run.embed(signal));
  }

  /** Forgets what was saved of these pictures under this model, and embeds them all anew. @param {AbortSignal} signal */
  async embedAfresh(signal) {
    await this.#run?.forget();
    await this.#begin();
    await this.embed(signal);
  }

  /** @param {(run: EmbeddingRun) => Promise<void>} work */
  async #during(work) {
    const run = this.#run;
    if (!run) {
      if (this.problem) throw new Error(this.problem);
      return;
    }
    try {
      await work(run);
    } catch (error) {
      if (!run.ends.aborted) throw error; // else another has taken its place
    } finally {
      this.perSecond = run.perSecond || this.perSecond;
      if (this.#run === run) {
        this.dispatchEvent(new CustomEvent("progress", { detail: null }));
        this.dispatchEvent(new Event("data"));
      }
    }
  }

  /** @param {EmbeddingRun} run @param {Progress | null} detail */
  #tell(run, detail) {
    if (this.#run === run) this.dispatchEvent(new CustomEvent("progress", { detail }));
  }

  /**
   * Measures, with what the measurement is about: both are asked of the worker together, so that they belong together.
   *
   * @template {ResearchVerb} Verb
   * @param {Verb} verb
   * @param {Omit<ResearchRequests[Verb]["takes"], keyof Question | "groups">} payload beside the question
   * @param {CallOptions<ResearchRequests[Verb]["tells"]> & { question?: Question, own?: Record<string, unknown>, groups?: string }} [options]
   * @returns {Promise<{ subject: Subject, measured: ResearchRequests[Verb]["gives"] }>}
   */
  async measure(verb, payload, { question = this.#question, own = {}, groups, signal, onProgress } = {}) {
    const [data, run] = [this.data, this.#run];
    if (!data || !run?.isOpen) throw new Error(this.problem || "The data set is still being opened.");
    const ends = signal ? AbortSignal.any([signal, run.ends]) : run.ends;
    const about = this.ask("about", { groups }, { signal: ends });
    const asked = /** @type {ResearchRequests[Verb]["takes"]} */ ({ ...question, groups, ...payload });
    const measuring = this.ask(verb, asked, { signal: ends, onProgress });
    const [found, measured] = await Promise.all([about, measuring]);
    return { subject: subjectOf(found, data.title, question, own), measured };
  }

  /**
   * What a measurement would be about that began now; nothing without data.
   *
   * @param {Question} [question]
   * @param {Record<string, unknown>} [own]
   * @returns {Subject | null}
   */
  subject(question = this.#question, own = {}) {
    if (!this.data) return null;
    const { info } = this.#session;
    const unknown = { version: info?.version ?? "", model: info?.name ?? "", dtype: info?.dtype ?? "", weights_sha256: "", images: 0, pictures_sha256: null, data_sha256: null };
    const present = this.#run?.about ?? { ...this.#model, images: this.embedded };
    return subjectOf({ ...unknown, ...present }, this.data.title, question, own);
  }

  /** Removes what is saved of this data under this model, and the data. */
  async forget() {
    await this.#run?.forget();
    this.#run?.end();
    this.#run = null;
    this.data = null;
    this.problem = "";
    this.dispatchEvent(new Event("data"));
  }
}
