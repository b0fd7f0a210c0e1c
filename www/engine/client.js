// @ts-check
/**
 * @import {
 *   CallOptions, Classification, ClassifyRequest, EncodeProgress, Flavour, ImageInput, LoadProgress,
 *   ModelInfo, ModelSource, Picture, StartOptions, Started
 * } from "./types.js"
 */
import { EngineError } from "./engine-error.js";
import { KIND } from "./protocol.js";
import { WorkerLink } from "./worker-link.js";

/**
 * The engine, from the page's thread. Calls run one after the other in a worker; each takes an `AbortSignal`, and
 * rejects with an `Error` that has a `code`. A caller that replaces a call by a newer one aborts the older.
 *
 * If the worker dies, everything pending rejects with code "worker-lost", a "lost" event is dispatched with the error
 * in `detail`, and `restart()` brings the engine back.
 */
export class EngineClient extends EventTarget {
  /** @type {WorkerLink} */
  #link;
  /** @type {{ base?: string, models?: string, flavour?: Flavour }} */
  #options;
  /** @type {Started | undefined} */
  #started;
  /** @type {ModelSource | undefined} what is loaded, for `restart` */
  #source;
  #pictures = 0;

  /**
   * Spawns the worker, probes the browser and picks the build of the engine, which begins to load.
   * @param {StartOptions} [options]
   * @returns {Promise<EngineClient>}
   * @throws {EngineError} "no-simd" where the browser cannot run any build, "worker-lost"
   */
  static async start({ base, models, flavour } = {}) {
    const client = new EngineClient({ base: absolute(base), models: absolute(models), flavour });
    await client.#start();
    return client;
  }

  /**
   * Use `EngineClient.start`, which also waits for the worker.
   * @param {{ base?: string, models?: string, flavour?: Flavour }} options URLs are absolute
   */
  constructor(options) {
    super();
    this.#options = options;
    this.#link = this.#spawn();
  }

  /** What the browser offers. */
  get capabilities() {
    return this.#started?.capabilities;
  }

  /** The build of the engine that runs. */
  get flavour() {
    return this.#started?.flavour;
  }

  /**
   * Loads a model, streaming its file into the engine's memory. The model before it stays until this one is complete.
   * @param {ModelSource} source
   * @param {CallOptions<LoadProgress>} [options]
   * @returns {Promise<ModelInfo>}
   */
  async load(source, options) {
    const sent = "url" in source ? { url: new URL(source.url, location.href).href } : source;
    const info = await this.#link.call(KIND.load, { source: sent }, options);
    this.#source = sent;
    return info;
  }

  /**
   * @param {ImageInput} image
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Picture>}
   */
  async embedImage(image, options) {
    const picture = await this.#link.call(KIND.embedImage, { image }, options);
    return { key: `picture-${++this.#pictures}`, ...picture };
  }

  /**
   * Scores a picture's embedding against labels; only labels that are new for these templates are encoded.
   * @param {Pick<Picture, "embedding">} picture
   * @param {ClassifyRequest & CallOptions<EncodeProgress>} request
   * @returns {Promise<Classification>}
   */
  classify({ embedding }, { labels, templates, mode, signal, onProgress }) {
    return this.#link.call(KIND.classify, { embedding, labels, templates, mode }, { signal, onProgress });
  }

  /**
   * @param {string[]} texts whole prompts, no template is applied
   * @param {CallOptions<EncodeProgress>} [options]
   * @returns {Promise<Float32Array[]>} [projection_dim] for each text, as projected, not normalised
   */
  embedTexts(texts, options) {
    return this.#link.call(KIND.embedTexts, { texts }, options);
  }

  /** @returns {Promise<string>} SHA-256 of the loaded model file, in hexadecimal */
  modelHash() {
    return this.#link.call(KIND.modelHash, {});
  }

  /**
   * Replaces the worker by a new one and loads the model that was loaded. Calls still pending reject with
   * "worker-lost".
   * @param {CallOptions<LoadProgress>} [options]
   * @returns {Promise<ModelInfo | undefined>} nothing where no model had been loaded
   */
  async restart(options) {
    this.#link.close(new EngineError("worker-lost", "the engine was restarted"));
    this.#link = this.#spawn();
    await this.#start();
    return this.#source && this.load(this.#source, options);
  }

  /** Ends the worker and gives its memory back; pending calls reject with "disposed". */
  dispose() {
    this.#link.close(new EngineError("disposed", "the engine was disposed of"));
  }

  #spawn() {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "clip-wasm engine" });
    return new WorkerLink(worker, (error) => this.dispatchEvent(new CustomEvent("lost", { detail: error })));
  }

  async #start() {
    this.#started = await this.#link.call(KIND.start, this.#options);
  }
}

/** @param {string | URL | undefined} folder relative to the page; a trailing slash may be missing */
function absolute(folder) {
  return folder && new URL(`${folder}`.replace(/\/?$/, "/"), location.href).href;
}
