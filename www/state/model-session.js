// @ts-check
import { EngineClient } from "../engine/client.js";
import { codeOf } from "../engine/code-of.js";
import { DEMO_URL } from "./demo.js";
import { inOneFile } from "./in-one-file.js";

/** @typedef {import("../engine/types.d.ts").Dtype} Dtype */
/** @typedef {import("../engine/types.d.ts").LoadProgress} LoadProgress */
/** @typedef {import("../engine/types.d.ts").ModelInfo} ModelInfo */
/** @typedef {import("../engine/types.d.ts").ModelSource} ModelSource */
/** @typedef {import("../engine/types.d.ts").StoredModel} StoredModel */

/** The record of the model that comes with the page. */
const EMBEDDED = "emoji-clip";

/** Failures after which the engine itself, or its model's file, is gone, not just one request. */
const GONE = new Set(["worker-lost", "engine-load", "no-simd", "wrong-hash"]);

/** When a model's file is verified, in milliseconds after it is in place: not in the way of the first answer. */
const SETTLED = 3000;

/**
 * The page's one engine and the model in it; the page's own is the one that comes with it, or the demo's. `status` is "loading" before there is a model, "ready" with one, "failed" when
 * the engine is gone or no model could be loaded. A model that fails to load leaves the one before it in place.
 *
 * Events: `status`; `model` when another model is in place; `progress` with `detail`, a `LoadProgress` or `null`.
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
  #own;
  #loading = new AbortController();

  /** @param {Promise<string>} own a record's id or the path of a GGUF file, seen from demo.json; empty: the embedded model */
  constructor(own) {
    super();
    this.#own = own.then(modelSource);
  }

  /** Whether the model in place is the one that comes with the project: it knows only drawings. */
  get embedded() {
    return this.source !== null && "id" in this.source && this.source.id === EMBEDDED;
  }

  /** Starts the engine and loads the page's own model; failures end in `status`. */
  async start() {
    this.#become("loading");
    try {
      const engine = await EngineClient.start(inOneFile ? { flavour: "simd" } : {});
      engine.addEventListener("lost", (event) => this.#fail(/** @type {CustomEvent} */ (event).detail));
      this.engine = engine;
      await this.loadOwn();
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Brings a lost engine back with the model it had, or starts over. */
  async restart() {
    if (!this.engine || !this.info) {
      this.engine?.dispose();
      return this.start();
    }
    this.#become("loading");
    try {
      await this.#progressing((options) => /** @type {EngineClient} */ (this.engine).restart(options));
      this.#become("ready");
      this.dispatchEvent(new Event("model"));
    } catch (error) {
      this.#fail(error);
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
    const engine = this.engine;
    if (!engine) throw new Error("The engine is not running.");
    this.info = await this.#progressing((options) => engine.load(source, { ...options, dtype }));
    this.source = source;
    this.own = source === (await this.#own);
    this.#become("ready");
    this.dispatchEvent(new Event("model"));
    const { info } = this;
    setTimeout(() => info === this.info && this.#verify(engine), SETTLED);
  }

  /** @param {EngineClient} engine */
  async #verify(engine) {
    try {
      await engine.modelHash();
    } catch (error) {
      this.#fail(error);
    }
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
    if (!engine || !source || !info) throw new Error("There is no model in place yet.");
    if ("file" in source) return source.file;
    const { stored } = await engine.listModels();
    const isIt = (/** @type {StoredModel} */ model) =>
      JSON.stringify(model.source) === JSON.stringify(source) && model.dtype === info.dtype;
    const key = "stored" in source ? source.stored : stored.find(isIt)?.key;
    if (key === undefined)
      throw new Error(`${info.name} was read from several files: make one .gguf file of them with "clip-wasm quantize" first.`);
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

  /** @param {unknown} error */
  #fail(error) {
    if (this.info && !GONE.has(codeOf(error))) return;
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
  return /\.gguf$/i.test(named) ? { url: new URL(named, DEMO_URL).href } : { id: named || EMBEDDED };
}
