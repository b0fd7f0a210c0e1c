// @ts-check
/**
 * @import {
 *   CallOptions, Classification, ClassifyRequest, Dtype, EncodeProgress, HeatmapRequest, Heatmaps, ImageInput,
 *   KernelTrial, LoadOptions, LoadProgress, ModelInfo, ModelRecord, ModelSource, PackagedModels, Picture, Preview, StartOptions,
 *   Started, StorageState, StoredModel, WorkerOptions
 * } from "../protocol/types.js"
 */
/** @import { ResearchRequests, ResearchVerb } from "../protocol/requests.js" */
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";
import { WorkerLink } from "./worker-link.js";

/**
 * What can be asked of the engine, from the page's thread, whichever builds its worker has. Calls run one after the other in a worker; each takes an `AbortSignal`, and
 * rejects with an `Error` that has a `code`. A caller that replaces a call by a newer one aborts the older.
 *
 * If the worker dies, everything pending rejects with code "worker-lost", a "lost" event is dispatched with the error
 * in `detail`, and `restart()` brings the engine back. Where it dies of a model that is too large, another takes its
 * place by itself: a "renewed" event tells, with the `ModelInfo` in `detail`. What a worker held besides its model, such as
 * the data set of `research`, is gone with it.
 */
export class EngineCalls extends EventTarget {
  /** @type {WorkerLink} */
  #link;
  /** @type {WorkerOptions} */
  #options;
  #worker;
  /** @type {Started | undefined} */
  #started;
  /** @type {{ source: ModelSource, dtype?: Dtype } | undefined} what is loaded, for `restart` */
  #loaded;
  /** @type {Set<AbortController>} loads under way */
  #loads = new Set();
  #pictures = 0;

  /**
   * Starts the worker, probes the browser and picks the build of the engine, which begins to load.
   * @template {EngineCalls} Engine
   * @this {{ new (options: WorkerOptions, worker: () => Worker): Engine, startWorker: (base?: string) => Worker }}
   * @param {StartOptions} [options]
   * @returns {Promise<Engine>}
   * @throws {EngineError} "no-simd" where the browser cannot run any build, "worker-lost"
   */
  static async start({ base: folder, models, hub, ...options } = {}) {
    const base = absolute(folder);
    const known = isAddress(models) ? absolute(models) : (models ?? (await packagedModels(base)));
    const engine = new this({ ...options, base, models: known, hub: absolute(hub) }, () => this.startWorker(base));
    await engine.#start();
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

  /** What the browser offers. */
  get capabilities() {
    return this.#started?.capabilities;
  }

  /** The build of the engine that runs. */
  get flavour() {
    return this.#started?.flavour;
  }

  /**
   * Loads a model. One from elsewhere (a record's repository, a repository, a URL) is fetched into the store first,
   * quantized to `dtype` on the way, unless it is there already; then no network is needed. The host of a URL is asked
   * whether it has a newer file, which is then fetched; where it cannot be asked, what is kept is used, and `note` says so.
   * A kept model that was damaged is fetched again. The model before it stays, and works, until this one is complete.
   * A signal that comes too late for that leaves this one in place, and the call resolves: what is told is what the worker
   * holds.
   *
   * What has come when a load ends early, by its signal, by `pause()`, with the tab or with the network, is kept: the
   * same call goes on from there. `deleteModel` throws it away.
   * @param {ModelSource} source
   * @param {LoadOptions} [options]
   * @returns {Promise<ModelInfo>}
   * @throws {EngineError} "unknown-model", "unsupported-architecture", "missing-file", "download" (what has come is
   *   kept), "wrong-size", "wrong-hash", "quota", "paused", "too-large" before anything is downloaded, "out-of-memory",
   *   after which a new worker has the model before it, and the codes of damaged files
   */
  async load(source, { dtype, signal, onProgress } = {}) {
    const sent = "url" in source ? { url: new URL(source.url, globalThis.location?.href).href } : source;
    const pausing = new AbortController();
    this.#loads.add(pausing);
    const ends = signal ? AbortSignal.any([signal, pausing.signal]) : pausing.signal;
    const options = { signal: ends, onProgress };
    try {
      const ready = "file" in sent ? { source: sent } : await this.#link.call("download", { source: sent, dtype }, options);
      const info = await this.#link.call("load", ready, options, true);
      this.#loaded = { source: "stored" in sent ? ready.source : sent, dtype };
      return info;
    } catch (error) {
      if (codeOf(error) === "out-of-memory") await this.#replace();
      throw error;
    } finally {
      this.#loads.delete(pausing);
    }
  }

  /** Ends every load under way with code "paused"; loading the same source again goes on where it stopped. */
  pause() {
    const reason = new EngineError("paused", "the download is paused: progress is saved");
    for (const load of this.#loads) load.abort(reason);
  }

  /**
   * What a source is and takes, before its weights are downloaded.
   * @param {ModelSource} source
   * @param {{ dtype?: Dtype, signal?: AbortSignal }} [options]
   * @returns {Promise<Preview>}
   * @throws {EngineError} "unsupported-architecture" naming it, "unknown-model", "missing-file", "download"
   */
  preview(source, { dtype, signal } = {}) {
    return this.#link.call("preview", { source, dtype }, { signal });
  }

  /**
   * The models that are known (`models/*.json`), and those that are in the store, whole or on their way.
   * @returns {Promise<{ records: ModelRecord[], stored: StoredModel[] }>}
   */
  listModels() {
    return this.#link.call("listModels", {});
  }

  /**
   * Removes a model, or what has come of one, from the store; one that is loaded stays in memory.
   * @param {string} key of a `StoredModel`
   * @returns {Promise<void>}
   * @throws {EngineError} "busy" while it is being downloaded
   */
  deleteModel(key) {
    return this.#link.call("deleteModel", { key });
  }

  /**
   * @param {string} key of a `StoredModel` that is complete
   * @returns {Promise<Blob>} the GGUF file, to be saved or shared
   */
  modelFile(key) {
    return this.#link.call("modelFile", { key });
  }

  /** @returns {Promise<StorageState>} where models are kept, and how much room there is */
  storage() {
    return this.#link.call("storage", {});
  }

  /**
   * Asks the browser not to evict what is kept; some ask the visitor, so this wants a click.
   * @returns {Promise<boolean>} whether it has promised
   */
  async persist() {
    return (await navigator.storage?.persist?.()) ?? false;
  }

  /**
   * @param {ImageInput} image
   * @param {{ signal?: AbortSignal }} [options]
   * @returns {Promise<Picture>}
   */
  async embedImage(image, options) {
    const picture = await this.#link.call("embedImage", { image }, options);
    return { key: `picture-${++this.#pictures}`, ...picture };
  }

  /**
   * The embeddings of several images, as many at the same time as there are threads.
   * @param {ImageInput[]} images
   * @param {CallOptions<EncodeProgress> & { first?: number, total?: number }} [options] which of all images these are, for messages
   * @returns {Promise<Float32Array[]>} [projection_dim] for each, as projected, not normalised
   * @throws {EngineError} of the first that cannot be embedded
   */
  embedImages(images, { first, total, signal, onProgress } = {}) {
    return this.#link.call("embedImages", { images, first, total }, { signal, onProgress });
  }

  /**
   * Research on a data set: `verb` is a method of `ResearchHost`, which is fetched when the first one is asked for.
   * @template {ResearchVerb} Verb
   * @param {Verb} verb
   * @param {ResearchRequests[Verb]["takes"]} payload
   * @param {CallOptions<ResearchRequests[Verb]["tells"]>} [options]
   * @returns {Promise<ResearchRequests[Verb]["gives"]>}
   * @throws {EngineError} "no-model", "no-data", and what the verb finds
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
   * Where in a picture the evidence for each label is.
   * @param {ImageInput} image
   * @param {HeatmapRequest & CallOptions<EncodeProgress>} request progress counts passes of the vision tower
   * @returns {Promise<Heatmaps>}
   */
  heatmaps(image, { key, method, labels, templates, signal, onProgress }) {
    return this.#link.call("heatmaps", { image, key, method, labels, templates }, { signal, onProgress });
  }

  /**
   * @param {string[]} texts whole prompts, no template is applied
   * @param {CallOptions<EncodeProgress>} [options]
   * @returns {Promise<Float32Array[]>} [projection_dim] for each text, as projected, not normalised
   */
  embedTexts(texts, options) {
    return this.#link.call("embedTexts", { texts }, options);
  }

  /**
   * @param {string} text
   * @returns {Promise<Uint32Array>} its token ids, cut to the context length
   */
  tokenize(text) {
    return this.#link.call("tokenize", { text });
  }

  /**
   * @param {Blob} image in a format that the engine decodes
   * @returns {Promise<Float32Array>} [3, image_size, image_size], what the vision tower sees
   */
  preprocess(image) {
    return this.#link.call("preprocess", { image });
  }

  /**
   * @returns {Promise<string>} SHA-256 of the loaded model file, in hexadecimal
   * @throws {EngineError} "wrong-hash" where the store's file is not what it was when its hash was taken, which only
   *   this looks at; it has been removed
   */
  modelHash() {
    return this.#link.call("modelHash", {});
  }

  /**
   * Times the implementations of the matrix product, which all give the same bits, and keeps the fastest: some 30 ms of
   * the worker's time, done by itself a while after the first model is loaded.
   * @returns {Promise<KernelTrial[]>} what each reached
   */
  tryKernels() {
    return this.#link.call("tryKernels", {});
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
    return this.#loaded && this.load(this.#loaded.source, { ...options, dtype: this.#loaded.dtype });
  }

  /** Ends the worker and gives its memory back; pending calls reject with "disposed". */
  dispose() {
    this.#link.close(new EngineError("disposed", "the engine was disposed of"));
  }

  #spawn() {
    return new WorkerLink(this.#worker(), (error) => codeOf(error) === "out-of-memory" || this.#tellLost(error));
  }

  /** What a worker has taken of memory it never gives back: another takes its place, with the model before. */
  async #replace() {
    const before = this.#loaded;
    this.#loaded = undefined; // a second failure ends here
    try {
      await this.restart();
      const info = before && (await this.load(before.source, { dtype: before.dtype }));
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
 * The records of the known models, and where the files that come with the package are. A page that says where its own records
 * are does without.
 * @param {string} [base] the folder of a copy of the package, which is used instead of this one
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
