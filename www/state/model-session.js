// @ts-check
import { EngineClient } from "../../pkg/engine/client/engine-client.js";
import { codeOf } from "../../pkg/engine/protocol/code-of.js";
import { besideDemo } from "./demo.js";
import { inOneFile } from "./in-one-file.js";
import { choiceOf, findChosen, isInUse } from "./model-choice.js";
import { sentence } from "./sentence.js";
import { EMBEDDED, SHIPPED } from "./shipped-models.js";

/** @import { Fault } from "../components/error-note/error-note.js" */
/** @import { ModelChoice } from "./model-choice.js" */
/** @typedef {import("../../pkg/engine/protocol/types.d.ts").Dtype} Dtype */
/** @typedef {import("../../pkg/engine/protocol/types.d.ts").LoadProgress} LoadProgress */
/** @typedef {import("../../pkg/engine/protocol/types.d.ts").ModelInfo} ModelInfo */
/** @typedef {import("../../pkg/engine/protocol/types.d.ts").ModelSource} ModelSource */

/** The folder of the model records. */
const MODELS = new URL("../../models/", import.meta.url);

/** Failures after which the engine itself, or its model's file, is gone, not just one request. */
const GONE = new Set(["worker-lost", "engine-load", "no-simd", "wrong-hash"]);

/** When a model's file is verified, in milliseconds after it is in place: not in the way of the first answer. */
const SETTLED = 3000;

/**
 * The page's one engine and the model in it; the page's own is the one that comes with it, or the demo's. `status` is "loading" before there is a model, "ready" with one, "failed" when
 * the engine is gone or no model could be loaded. A model that fails to load leaves the one before it in place.
 *
 * Events: `status`; `model` when another model is in place, or the same in another worker; `progress` with `detail`, a
 * `LoadProgress` or `null`; `notice` when `notice` has changed.
 */
export class ModelSession extends EventTarget {
  /** @type {"loading" | "ready" | "failed"} */
  status = "loading";
  /** @type {ModelInfo | null} */
  info = null;
  /** @type {unknown} why it failed */
  failure = null;
  /** @type {EngineClient | null} */
  engine = null;
  /** Where the model in place came from. @type {ModelSource | null} */
  source = null;
  /** Whether that is the page's own model. */
  own = true;
  /** What the address or the last visit asked for and is not in place. @type {ModelChoice | null} */
  wanted;
  /** What there is to say about that, or about a model that could not come back. @type {Fault | null} */
  notice = null;
  #own;
  #loading = new AbortController();
  /** Of the model in place, once it is verified. */
  #sha256 = "";

  /**
   * @param {Promise<string>} own a record's id or the path of a GGUF file, seen from demo.json; empty: the embedded model
   * @param {ModelChoice | null} wanted to begin with, where it is at hand
   */
  constructor(own, wanted) {
    super();
    this.#own = own.then(modelSource);
    this.wanted = wanted;
  }

  /** The engine. @throws where it is not running */
  get running() {
    if (!this.engine) throw new Error("The engine is not running.");
    return this.engine;
  }

  /** The id of the model in place, where it is one of those that come with the page; else `null`. */
  get shipped() {
    return this.source !== null && "id" in this.source && Object.hasOwn(SHIPPED, this.source.id) ? this.source.id : null;
  }

  /** Starts the engine and loads the model that is wanted, else the page's own; failures end in `status`. */
  async start() {
    this.#become("loading");
    try {
      const engine = await EngineClient.start({ models: MODELS, ...(inOneFile ? { flavour: "simd" } : {}) });
      engine.addEventListener("lost", (event) => this.#fail(/** @type {CustomEvent} */ (event).detail));
      engine.addEventListener("renewed", (event) => this.#renew(/** @type {CustomEvent} */ (event).detail));
      this.engine = engine;
      if (!this.wanted || !(await this.#loadWanted(this.wanted))) await this.#load(await this.#own);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Loads the model that an address names, where nothing has to be fetched from elsewhere for it; else the present one
   * stays, and `notice` says what to do.
   *
   * @param {ModelChoice | null} choice `null`: the page's own
   */
  async want(choice) {
    this.wanted = choice;
    this.#tell(null);
    if (choice ? await this.#loadWanted(choice) : this.own) return;
    if (!choice) await this.loadOwn().catch((error) => this.#tell({ message: sentence(error) }));
  }

  /** @param {ModelChoice} choice @returns {Promise<boolean>} whether it is in place */
  async #loadWanted(choice) {
    const engine = /** @type {EngineClient} */ (this.engine);
    const { wanted } = this;
    try {
      const found = findChosen(choice, { own: await this.#own, ...(await engine.listModels()) });
      if ("fault" in found) {
        this.#tell(found.fault);
        return false;
      }
      await this.#load(found.source, found.dtype);
      this.#compare(choice);
      return true;
    } catch (error) {
      const isReplaced = wanted !== this.wanted || (error instanceof DOMException && error.name === "AbortError");
      if (!isReplaced) this.#tell({ message: `${choice.name} could not be loaded. ${sentence(error)}` });
      return false;
    }
  }

  /** Says so where the model in place is not the very file that was asked for. @param {ModelChoice} choice */
  async #compare(choice) {
    const sha256 = choice.sha256 ? await this.hash().catch(() => "") : "";
    if (this.wanted !== choice) return;
    if (sha256 === (choice.sha256 ?? "")) {
      this.wanted = null;
      this.dispatchEvent(new Event("hash"));
      return;
    }
    if (sha256) this.#tell(otherWeights(choice, sha256, this.info?.name ?? ""));
  }

  /** @param {ModelInfo} info of the same model in another worker */
  #renew(info) {
    this.info = info;
    this.dispatchEvent(new Event("model"));
  }

  /** @param {Fault | null} notice */
  #tell(notice) {
    this.notice = notice;
    this.dispatchEvent(new Event("notice"));
  }

  /** Brings a lost engine back with the model it had, or starts over. */
  async restart() {
    if (!this.engine || !this.info) {
      this.engine?.dispose();
      return this.start();
    }
    this.#become("loading");
    try {
      const info = await this.#progressing((options) => /** @type {EngineClient} */ (this.engine).restart(options));
      if (!info) return await this.loadOwn();
      this.info = info;
      this.#become("ready");
      this.dispatchEvent(new Event("model"));
    } catch (error) {
      if (GONE.has(codeOf(error))) this.#fail(error);
      else await this.#loadInstead(error);
    }
  }

  /** The page's own model in place of one that cannot come back: a file that is gone, or that was kept in memory alone. @param {unknown} error */
  async #loadInstead(error) {
    const name = this.info?.name;
    try {
      await this.loadOwn();
      this.#tell({ message: `${name} could not be loaded again, so the built-in model is used. ${sentence(error)}` });
    } catch (failure) {
      this.#fail(failure, true);
    }
  }

  /**
   * Loads a model in place of the present one. A newer call ends an older one.
   *
   * @param {ModelSource} source
   * @param {Dtype} [dtype] what a download is quantized to
   * @throws what the engine says; the present model stays
   */
  async load(source, dtype) {
    await this.#load(source, dtype);
    this.wanted = null;
    this.#tell(null);
  }

  /** @param {ModelSource} source @param {Dtype} [dtype] */
  async #load(source, dtype) {
    const engine = this.running;
    const info = await this.#progressing((options) => engine.load(source, { ...options, dtype }));
    const own = source === (await this.#own);
    Object.assign(this, { info, source, own });
    this.#sha256 = "";
    this.#become("ready");
    this.dispatchEvent(new Event("model"));
    setTimeout(() => info === this.info && this.#verify(), SETTLED);
  }

  async #verify() {
    try {
      await this.hash();
      this.dispatchEvent(new Event("hash"));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** @returns {Promise<string>} SHA-256 of the model in place */
  async hash() {
    const { running: engine, info } = this;
    if (this.#sha256) return this.#sha256;
    const sha256 = await engine.modelHash();
    if (info === this.info) this.#sha256 = sha256;
    return sha256;
  }

  /**
   * The model in place, as an address names it: by its hash too, once that is known.
   *
   * @returns {Promise<ModelChoice | null>} `null` where there is none
   */
  async choice() {
    const { engine, info, source } = this;
    if (!engine || !info || !source) return null;
    const { stored } = await engine.listModels();
    return info === this.info ? choiceOf({ source, info, stored, sha256: this.#sha256 }) : this.choice();
  }

  /** Loads the page's own model. */
  async loadOwn() {
    return this.load(await this.#own);
  }

  /**
   * The weights in place as one GGUF file, for those that did not come with the page.
   *
   * @returns {Promise<Blob>}
   * @throws an error with a sentence where they are kept nowhere
   */
  async modelFile() {
    const { engine, source, info } = this;
    if (!engine || !source || !info) throw new Error("No model is loaded yet.");
    if ("file" in source) return source.file;
    const { stored } = await engine.listModels();
    const key = stored.find((model) => isInUse(model, { source, dtype: info.dtype }))?.key;
    if (key === undefined)
      throw new Error(`${info.name} was loaded from several files: convert them into one .gguf file with "clip-wasm quantize" first.`);
    return engine.modelFile(key);
  }

  /** Ends a load that is under way; its `load` rejects with an `AbortError`. */
  cancelLoad() {
    this.#loading.abort();
  }

  /**
   * @template Result
   * @param {(options: { signal: AbortSignal, onProgress: (progress: LoadProgress) => void }) => Promise<Result>} load
   */
  async #progressing(load) {
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    const tell = (/** @type {LoadProgress | null} */ detail) => {
      if (signal === this.#loading.signal) this.dispatchEvent(new CustomEvent("progress", { detail }));
    };
    tell({ loaded: 0, total: 0, stage: "download" });
    try {
      return await load({ signal, onProgress: tell });
    } finally {
      tell(null);
    }
  }

  /** @param {unknown} error @param {boolean} [anyway] whether there is no model left, whatever the reason */
  #fail(error, anyway = false) {
    if (this.info && !GONE.has(codeOf(error)) && !anyway) return;
    this.failure = error;
    this.#become("failed");
  }

  /** @param {"loading" | "ready" | "failed"} status */
  #become(status) {
    this.status = status;
    if (status !== "failed") this.failure = null;
    this.dispatchEvent(new Event("status"));
  }
}

/**
 * @param {string} named
 * @returns {ModelSource}
 */
function modelSource(named) {
  return /\.gguf$/i.test(named) ? { url: besideDemo(named).href } : { id: named || EMBEDDED };
}

/**
 * @param {ModelChoice} choice
 * @param {string} sha256 of what is in place
 * @param {string} name
 * @returns {Fault}
 */
function otherWeights(choice, sha256, name) {
  return {
    message: `The link was made with different weights: the hash of ${name} as loaded here does not match, so scores may differ.`,
    details: `link: SHA-256 ${choice.sha256}\nloaded: SHA-256 ${sha256}`,
  };
}
