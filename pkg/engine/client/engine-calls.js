// @ts-check
/**
 * @import {
 *   CallOptions, Classification, ClassifyRequest, Dtype, EncodeProgress, HeatmapRequest, Heatmaps, ImageInput,
 *   KernelTrial, LoadOptions, LoadProgress, ModelInfo, ModelRecord, ModelSource, PackagedModels, Picture, PreprocessorName,
 *   Preview, StartOptions, Started, StorageState, StoredModel, WorkerOptions
 * } from "../protocol/types.js"
 */
/** @import { ResearchRequests, ResearchVerb } from "../protocol/requests.js" */
/** @typedef {{ source: ModelSource, dtype?: Dtype, preprocessor?: PreprocessorName }} Loaded a model, as it was asked for */
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";
import { checkPreprocessor } from "./check-preprocessor.js";
import { WorkerLink } from "./worker-link.js";

/**
 * The engine's calls from the page's thread, whichever builds its worker has. The worker runs them one after the other; each
 * takes an `AbortSignal`, and rejects with an `Error` that has a `code`. A caller that replaces a call with a newer one should
 * abort the older one.
 *
 * If the worker dies, everything pending rejects with code "worker-lost", a "lost" event is dispatched with the error
 * in `detail`, and `restart()` brings the engine back. If a model was too large for it, another worker replaces it
 * automatically, and a "renewed" event has the `ModelInfo` in `detail`. Everything else that the worker held, such as the
 * data set of `research`, is lost.
 */
export class EngineCalls extends EventTarget {
  /** @type {WorkerLink} */
  #link;
  /** @type {WorkerOptions} */
  #options;
  #worker;
  /** @type {Started | undefined} */
  #started;
  /** What is loaded, for `restart`. @type {Loaded | undefined} */
  #loaded;
  /** @type {Set<AbortController>} loads under way */
  #loads = new Set();
  #pictures = 0;

  /**
   * Starts the worker, probes the browser, selects a build of the engine and starts loading it.
   * @template {EngineCalls} Engine
   * @this {{ new (options: WorkerOptions, worker: () => Worker): Engine, startWorker: (base?: string) => Worker }}
   * @param {StartOptions} [options]
   * @returns {Promise<Engine>}
   * @throws {EngineError} "no-simd" if the browser cannot run any build, "worker-lost"
   */
  static async start({ base: folder, models, hub, ...options } = {}) {
    const base = absolute(folder);
    const known = isAddress(models) ? absolute(models) : (models ?? (await packagedModels(base)));
    const engine = new this({ ...options, base, models: known, hub: absolute(hub) }, () => this.startWorker(base));
    try {
      await engine.#start();
    } catch (error) {
      engine.dispose(); // nobody else could
      throw error;
    }
    return engine;
  }

  /**
   * Use `start`, which also waits for the worker.
   * @param {WorkerOptions} options
   * @param {() => Worker} worker starts one
   */
  constructor(options, worker) {
    super();
    this.#options = options;
    this.#worker = worker;
    this.#link = this.#spawn();
  }

  /** The capabilities of the browser. */
  get capabilities() {
    return this.#started?.capabilities;
  }

  /** The build of the engine that is running. */
  get flavour() {
    return this.#started?.flavour;
  }

  /**
   * Loads a model. One from a repository or a URL is first downloaded into the store and quantized to `dtype`, unless it is
   * stored already; then no network is needed. For a URL, the host is asked for a newer version, which is then downloaded;
   * if it cannot be asked, the stored one is used, and `note` says so. A stored model that was damaged is downloaded again.
   * The previous model remains usable until this one is complete. If the signal arrives too late to prevent that, the call
   * resolves: its result always describes the model that the worker has.
   *
   * If loading ends early (by its signal, `pause()`, a closed tab or a lost connection), progress is saved, and the same call
   * resumes from there. `deleteModel` discards it.
   * @param {ModelSource} source
   * @param {LoadOptions} [options]
   * @returns {Promise<ModelInfo>}
   * @throws {EngineError} "preprocessor", "unknown-model", "unsupported-architecture", "missing-file", "download" (progress
   *   is saved), "wrong-size", "wrong-hash", "quota", "paused", "too-large" before anything is downloaded, "out-of-memory",
   *   after which a new worker has the model before it, and the codes of damaged files
   */
  async load(source, { dtype, preprocessor: named, signal, onProgress } = {}) {
    const preprocessor = checkPreprocessor(named);
    const sent = "url" in source ? { url: new URL(source.url, globalThis.location?.href).href } : source;
    const pausing = new AbortController();
    this.#loads.add(pausing);
    const ends = signal ? AbortSignal.any([signal, pausing.signal]) : pausing.signal;
    const options = { signal: ends, onProgress };
    try {
      const ready = "file" in sent ? { source: sent } : await this.#link.call("download", { source: sent, dtype }, options);
      const info = await this.#link.call("load", { ...ready, preprocessor }, options, true);
      this.#loaded = { source: "stored" in sent ? ready.source : sent, dtype, preprocessor };
      return info;
    } catch (error) {
      if (codeOf(error) === "out-of-memory") await this.#replace();
      throw error;
    } finally {
      this.#loads.delete(pausing);
    }
  }

  /** Ends every load in progress with code "paused"; loading the same source again resumes it. */
  pause() {
    const reason = new EngineError("paused", "the download is paused: progress is saved");
    for (const load of this.#loads) load.abort(reason);
  }

  /**
   * Describes a source before its weights are downloaded.
   * @param {ModelSource} source
   * @param {{ dtype?: Dtype, signal?: AbortSignal }} [options]
   * @returns {Promise<Preview>}
   * @throws {EngineError} "unsupported-architecture" naming it, "unknown-model", "missing-file", "download"
   */
  preview(source, { dtype, signal } = {}) {
    return this.#link.call("preview", { source, dtype }, { signal });
  }

  /**
   * Lists the known models (`models/*.json`), and those in the store, complete or partially downloaded.
   * @returns {Promise<{ records: ModelRecord[], stored: StoredModel[] }>}
   */
  listModels() {
    return this.#link.call("listModels", {});
  }

  /**
   * Deletes a model, or a partial download, from the store; a loaded model stays in memory.
   * @param {string} key of a `StoredModel`
   * @returns {Promise<void>}
   * @throws {EngineError} "busy" while it is being downloaded
   */
  deleteModel(key) {
    return this.#link.call("deleteModel", { key });
  }

  /**
   * Returns the file of a stored model.
   * @param {string} key of a `StoredModel` that is complete
   * @returns {Promise<Blob>} the GGUF file, to be saved or shared
   */
  modelFile(key) {
    return this.#link.call("modelFile", { key });
  }

  /** @returns {Promise<StorageState>} where models are stored, and how much space there is */
  storage() {
    return this.#link.call("storage", {});
  }

  /**
   * Asks the browser not to evict stored data. Some browsers ask the visitor, so call this after a click.
   * @returns {Promise<boolean>} whether the browser agreed
   */
  async persist() {
    return (await navigator.storage?.persist?.()) ?? false;
  }

  /**
   * Embeds one image.
   * @param {ImageInput} image
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Picture>}
   */
  async embedImage(image, options) {
    const picture = await this.#link.call("embedImage", { image }, options);
    return { key: `picture-${++this.#pictures}`, ...picture };
  }

  /**
   * Embeds images, several at the same time.
   * @param {ImageInput[]} images
   * @param {CallOptions<EncodeProgress> & { first?: number, total?: number }} [options] which of all images these are, for messages
   * @returns {Promise<Float32Array[]>} [projection_dim] for each, as projected, not normalised
   * @throws {EngineError} of the first that cannot be embedded
   */
  embedImages(images, { first, total, signal, onProgress } = {}) {
    return this.#link.call("embedImages", { images, first, total }, { signal, onProgress });
  }

  /**
   * Research on a data set: `verb` is a method of `ResearchHost`, which is fetched on the first call.
   * @template {ResearchVerb} Verb
   * @param {Verb} verb
   * @param {ResearchRequests[Verb]["takes"]} payload
   * @param {CallOptions<ResearchRequests[Verb]["tells"]>} [options]
   * @returns {Promise<ResearchRequests[Verb]["gives"]>}
   * @throws {EngineError} "no-model", "no-data", and the codes of the verb
   */
  research(verb, payload, options) {
    const kind = /** @type {const} */ (`research/${verb}`);
    return this.#link.call(kind, /** @type {any} */ (payload), options);
  }

  /**
   * Scores a picture's embedding against labels; only labels that are new for these templates are encoded.
   * @param {Pick<Picture, "embedding">} picture
   * @param {ClassifyRequest & CallOptions<EncodeProgress>} request
   * @returns {Promise<Classification>}
   */
  classify({ embedding }, { labels, templates, mode, signal, onProgress }) {
    return this.#link.call("classify", { embedding, labels, templates, mode }, { signal, onProgress });
  }

  /**
   * Computes heatmaps of the evidence for each label.
   * @param {ImageInput} image
   * @param {HeatmapRequest & CallOptions<EncodeProgress>} request progress counts passes of the vision tower
   * @returns {Promise<Heatmaps>}
   */
  heatmaps(image, { key, method, labels, templates, signal, onProgress }) {
    return this.#link.call("heatmaps", { image, key, method, labels, templates }, { signal, onProgress });
  }

  /**
   * Embeds texts.
   * @param {string[]} texts whole prompts: no template is applied
   * @param {CallOptions<EncodeProgress>} [options]
   * @returns {Promise<Float32Array[]>} [projection_dim] for each text, as projected, not normalised
   */
  embedTexts(texts, options) {
    return this.#link.call("embedTexts", { texts }, options);
  }

  /**
   * Tokenizes a text.
   * @param {string} text
   * @returns {Promise<Uint32Array>} its token ids, truncated to the context length
   */
  tokenize(text) {
    return this.#link.call("tokenize", { text });
  }

  /**
   * Preprocesses an image.
   * @param {Blob} image in a format that the engine decodes
   * @returns {Promise<Float32Array>} [3, image_size, image_size], what the vision tower sees
   */
  preprocess(image) {
    return this.#link.call("preprocess", { image });
  }

  /**
   * @returns {Promise<string>} SHA-256 of the loaded model file, in hexadecimal
   * @throws {EngineError} "wrong-hash" if the stored file no longer has the hash that was recorded for it, which only
   *   this call checks; the file has been removed
   */
  modelHash() {
    return this.#link.call("modelHash", {});
  }

  /**
   * Times the implementations of the matrix product, which all give the same bits, and selects the fastest. It takes about 30 ms
   * and runs automatically some time after the first model is loaded.
   * @returns {Promise<KernelTrial[]>} the speed of each
   */
  tryKernels() {
    return this.#link.call("tryKernels", {});
  }

  /**
   * Replaces the worker with a new one and loads the same model again. Pending calls reject with "worker-lost".
   * @param {CallOptions<LoadProgress>} [options]
   * @returns {Promise<ModelInfo | undefined>} nothing if no model had been loaded
   */
  async restart(options) {
    this.#link.close(new EngineError("worker-lost", "the engine was restarted"));
    this.#link = this.#spawn();
    await this.#start();
    return this.#loadAgain(this.#loaded, options);
  }

  /** Ends the worker and frees its memory; pending calls reject with "disposed". */
  dispose() {
    this.#link.close(new EngineError("disposed", "the engine was disposed of"));
  }

  #spawn() {
    return new WorkerLink(this.#worker(), (error) => codeOf(error) === "out-of-memory" || this.#tellLost(error));
  }

  /**
   * Loads what was loaded before, as it was asked for.
   * @param {Loaded | undefined} loaded
   * @param {CallOptions<LoadProgress>} [options]
   */
  async #loadAgain(loaded, options) {
    if (!loaded) return undefined;
    const { source, ...asked } = loaded;
    return this.load(source, { ...options, ...asked });
  }

  /** Replaces the worker, because WebAssembly memory never shrinks, and loads the previous model. */
  async #replace() {
    const before = this.#loaded;
    this.#loaded = undefined; // a second failure ends here
    try {
      await this.restart();
      const info = await this.#loadAgain(before);
      if (info) this.dispatchEvent(new CustomEvent("renewed", { detail: info }));
    } catch (cause) {
      this.#loaded = before;
      this.#tellLost(new EngineError("worker-lost", "the engine stopped, and there is not enough memory to start it again", { cause }));
    }
  }

  /** @param {Error} detail */
  #tellLost(detail) {
    this.dispatchEvent(new CustomEvent("lost", { detail }));
  }

  async #start() {
    this.#started = await this.#link.call("start", this.#options);
  }
}

/**
 * The records of the known models, and the URLs of the files in the package. Not used if the page names its own records.
 * @param {string} [base] the folder of a copy of the package to use instead of this one
 * @returns {Promise<PackagedModels>}
 */
export async function packagedModels(base) {
  const copy = base && new URL("models/index.js", base).href;
  const { records, files } = await (copy
    ? import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ copy)
    : import("../../models/index.js"));
  return { records, files };
}

/** @param {StartOptions["models"]} models @returns {models is string | URL} */
export function isAddress(models) {
  return typeof models === "string" || models instanceof URL;
}

/**
 * @template {string | URL | undefined} Folder
 * @param {Folder} folder relative to the page; a trailing slash may be missing
 * @returns {Folder extends undefined ? undefined : string}
 */
export function absolute(folder) {
  return /** @type {any} */ (folder && new URL(`${folder}`.replace(/\/?$/, "/"), globalThis.location?.href).href);
}
