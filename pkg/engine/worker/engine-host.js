// @ts-check
/**
 * @import {
 *   Classification, ClassifyRequest, Dtype, EngineModule, HeatmapRequest, Heatmaps, ImageInput, Job, KernelTrial, ResearchModule,
 *   ModelInfo, ModelRecord, ModelSource, PreprocessorName, Preview, Started, StorageState, StoredModel, WasmEngine, WorkerOptions
 * } from "../protocol/types.js"
 */
/** @import { EngineRequests, Handlers, ResearchRequests, ResearchVerb } from "../protocol/requests.js" */
/** @import { Runtime } from "../runtime/start-build.js" */
import { probeCapabilities } from "../runtime/capabilities.js";
import { codeOf } from "../protocol/code-of.js";
import { embedImage } from "../picture/embed-image.js";
import { embedImages } from "../picture/embed-images.js";
import { EngineError } from "../protocol/engine-error.js";
import { HeatmapMaker } from "../picture/heatmaps.js";
import { SLICE, inSlices } from "./in-slices.js";
import { ModelRecords } from "../model/model-records.js";
import { lazyModule } from "../runtime/lazy-module.js";
import { messageOf } from "../protocol/message-of.js";
import { AvailableModels } from "../model/available-models.js";
import { poolSize, selectFlavour } from "../runtime/select-flavour.js";
import { startBuild } from "../runtime/start-build.js";
import { ModelStore } from "../store/model-store.js";
import { streamModel } from "../model/stream-model.js";

/** When to time the kernels, in milliseconds after a load: not in the way of the first result, in code that is warm. */
const SETTLED = 1000;

/** How often a model is loaded that was damaged, or replaced while it was read. */
const TRIES = 3;

/** Prompts that go together at first, before the model's speed is known: 200 ms of the largest on one thread. */
const FIRST_SLICE = 4;

/** Labels whose prompts are encoded together: what is lost of them when the work is ended. */
const LABELS_TOGETHER = 100;

/**
 * A picture takes the time of more prompts of CLIP's than these. Of SigLIP's, which are all as long as the window, it
 * takes that of three: the first that go together may take some 200 ms there.
 */
const PROMPTS_PER_PICTURE = 12;

const HUB = "https://huggingface.co";

const researchHost = lazyModule(() => import("../research/research-host.js"), "../research/research-host.js", import.meta.url);

/**
 * The engine inside its worker: one method for each kind of request.
 * @implements {Handlers<EngineRequests>}
 */
export class EngineHost {
  #runtime;
  /** @type {Promise<EngineModule> | undefined} */
  #module;
  /** Settles when the module's threads have started, or could not be. @type {Promise<void> | undefined} */
  #pool;
  /** Fetches the build `research`, or gives the one that is there. @type {() => Promise<ResearchModule>} */
  #researchBuild = () => Promise.reject(new EngineError("not-started", "the engine has not been started"));
  /** @type {WasmEngine | undefined} */
  #engine;
  /** @type {import("../research/research-host.js").ResearchHost | undefined} */
  #research;
  #heatmaps = new HeatmapMaker();
  /** @type {Promise<AvailableModels>} */
  #models = Promise.reject(new EngineError("not-started", "the engine has not been started"));
  #tried = false;
  /** Makes sure that the model is the file of its hash, where that was taken for granted to load it sooner. */
  #verify = async () => {};
  /**
   * How many prompts may go through the text tower together. Quantized products are exact in any company;
   * others are summed in an order that depends on how many rows there are, and how many there would be is decided by
   * the clock: so there each goes alone, and the same call has the same bits again.
   * @type {import("./in-slices.js").Pace}
   */
  #pace = { size: FIRST_SLICE, most: Infinity };

  /** @param {Runtime} runtime */
  constructor(runtime) {
    this.#runtime = runtime;
    this.#models.catch(() => {}); // told to whoever asks before `start`
  }

  /**
   * Picks the build and begins to fetch it; a failure to do so shows at the first `load`.
   * @param {WorkerOptions} options
   * @returns {Started}
   */
  start({ base, models, flavour, threads, hub, token, store }) {
    const capabilities = probeCapabilities();
    const { builds, Pool } = this.#runtime;
    const runnable = { ...capabilities, relaxed: capabilities.relaxed && "relaxed" in builds };
    const chosen = flavour ?? selectFlavour(runnable, Pool ? threads : 1);
    const count = poolSize(threads, capabilities.cores);
    const started = startBuild(chosen, this.#runtime, base, count);
    this.#researchBuild = once(async () => {
      const build = chosen.endsWith("-threads") ? "research-threads" : "research";
      const { module, pool } = await startBuild(build, this.#runtime, base, count);
      await pool;
      return module;
    });
    this.#module = started.then(({ module }) => module);
    this.#pool = started.then(({ pool }) => pool);
    for (const promise of [this.#module, this.#pool]) promise.catch(() => {}); // awaited, and told, in `load`
    const context = { research: this.#researchBuild, models: new ModelRecords(models), hub: `${hub ?? HUB}`.replace(/\/+$/, ""), token };
    this.#models = ModelStore.open(store).then((opened) => new AvailableModels(opened, context));
    return { capabilities, flavour: chosen };
  }

  /**
   * @param {{ source: ModelSource, dtype?: Dtype }} payload
   * @param {Job} job
   */
  async download(payload, job) {
    return (await this.#models).download(payload, job);
  }

  /**
   * @param {{ source: ModelSource, dtype?: Dtype }} payload
   * @param {Job} job
   * @returns {Promise<Preview>}
   */
  async preview(payload, job) {
    return (await this.#models).preview(payload, job);
  }

  /**
   * @param {{}} _nothing
   * @param {Job} job
   * @returns {Promise<{ records: ModelRecord[], stored: StoredModel[] }>}
   */
  async listModels(_nothing, job) {
    return (await this.#models).list(job);
  }

  /** @param {{ key: string }} payload */
  async deleteModel({ key }) {
    return (await this.#models).remove(key);
  }

  /** @param {{ key: string }} payload @returns {Promise<Blob>} */
  async modelFile({ key }) {
    return (await this.#models).file(key);
  }

  /** @returns {Promise<StorageState>} */
  async storage() {
    return (await this.#models).storage();
  }

  /**
   * Loads a model; the one before it stays until the new one is complete, so that a damaged file costs nothing.
   * @param {{ source: ModelSource, note?: string, preprocessor?: PreprocessorName }} payload as `download` gave it
   * @param {Job} job
   * @param {number} [tries] how often it was tried before
   * @returns {Promise<ModelInfo>}
   */
  async load({ source, note, preprocessor }, job, tries = 0) {
    const models = await this.#models;
    const opening = models.open(source, job);
    opening.catch(() => {}); // told below, once the module is there
    if (!this.#module) throw new EngineError("not-started", "the engine has not been started");
    const [opened, module] = await Promise.all([opening, this.#module]);
    let engine;
    try {
      engine = await streamModel(module, opened, job, this.#pool);
    } catch (error) {
      if (job.signal.aborted) throw error;
      return this.#loadAgain((await opened.onFailure?.(error)) ?? error, opened, { preprocessor }, job, tries + 1);
    }
    if (preprocessor) {
      try {
        engine.set_preprocessor(preprocessor);
      } catch (error) {
        engine.free();
        throw error;
      }
    }
    this.#heatmaps.forget();
    this.#engine?.free();
    this.#engine = engine;
    /** @type {Promise<void> | undefined} */
    let verified;
    this.#verify = async () => (verified ??= opened.verify?.());
    const info = { ...engine.info(), note };
    this.#pace = { size: FIRST_SLICE, most: info.dtype.startsWith("q") ? Infinity : 1 };
    setTimeout(() => this.#tried || this.tryKernels(), SETTLED);
    return info;
  }

  /**
   * After a load that failed: fetches a kept model that was damaged once more, and a file that was replaced while it was read.
   * @param {unknown} error
   * @param {import("../model/open-model.js").OpenedModel} opened
   * @param {{ preprocessor?: PreprocessorName }} asked of `load`
   * @param {Job} job
   * @param {number} tries so far
   * @returns {Promise<ModelInfo>}
   */
  async #loadAgain(error, { origin, again }, asked, job, tries) {
    const [code, told] = [codeOf(error), messageOf(error)];
    if (tries === TRIES) throw error;
    if (code === "changed" && again) return this.load({ ...asked, source: again }, job, tries);
    if (code !== "wrong-hash" || !origin || "stored" in origin.source) throw error;
    job.progress({ loaded: 0, total: 0, stage: "wait", note: `${told}. It is being downloaded again.` });
    try {
      const { source } = await (await this.#models).fetch(/** @type {any} */ (origin), job);
      return await this.load({ ...asked, source, note: `${told}. It was downloaded again.` }, job, tries);
    } catch (cause) {
      job.signal.throwIfAborted();
      throw new EngineError(codeOf(cause) || code, `${told}, and cannot be downloaded again: ${messageOf(cause)}`, { cause });
    }
  }

  /** @param {{ image: ImageInput }} payload */
  async embedImage({ image }) {
    const picture = await embedImage(this.#loaded(), image);
    if (!this.#pace.measured) {
      const fitting = Math.floor((PROMPTS_PER_PICTURE * SLICE) / picture.timings.encode);
      this.#pace.size = Math.min(Math.max(FIRST_SLICE, fitting), PROMPTS_PER_PICTURE);
    }
    return picture;
  }

  /**
   * @param {{ images: ImageInput[], first?: number, total?: number }} payload
   * @param {Job} job
   * @returns {Promise<Float32Array[]>} [projection_dim] for each image, as projected
   */
  async embedImages(payload, job) {
    return embedImages(this.#loaded(), payload, job);
  }

  /**
   * @param {{ texts: string[] }} payload
   * @param {Job} job
   * @returns {Promise<Float32Array[]>} [projection_dim] for each text, as projected
   */
  async embedTexts({ texts }, job) {
    // In order, those that begin alike go together, and share that.
    const order = [...texts.keys()].sort((a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0));
    const engine = this.#loaded();
    const width = engine.info().projection_dim;
    const flat = new Float32Array(texts.length * width);
    await this.#embed(engine, order.map((place) => texts[place]), job, flat);
    /** @type {Float32Array[]} */
    const embeddings = Array(texts.length);
    order.forEach((place, index) => (embeddings[place] = flat.slice(index * width, (index + 1) * width)));
    return embeddings;
  }

  /**
   * Sends prompts through the text tower, in slices. @param {WasmEngine} engine @param {string[]} prompts @param {Job} job
   * @param {Float32Array} flat takes the embeddings, as projected. [prompts, projection_dim]
   */
  async #embed(engine, prompts, job, flat) {
    let start = 0;
    const embed = (/** @type {string[]} */ slice) => {
      const embeddings = engine.embed_texts(slice);
      flat.set(embeddings, start);
      start += embeddings.length;
    };
    await inSlices(prompts, embed, job, this.#pace);
  }

  /**
   * @param {ClassifyRequest & { embedding: Float32Array }} payload
   * @param {Job} job
   * @returns {Promise<Classification>}
   */
  async classify({ embedding, labels, templates, mode }, job) {
    const engine = this.#loaded();
    const begun = performance.now();
    const count = await this.#encode(engine, labels, templates, job);
    const encoded = performance.now();
    const scores = engine.classify(embedding, labels, templates, mode);
    return { scores, timings: { text: encoded - begun, score: performance.now() - encoded }, encoded: count };
  }

  /**
   * @param {HeatmapRequest & { image: ImageInput }} request
   * @param {Job} job
   * @returns {Promise<Heatmaps>}
   */
  async heatmaps(request, job) {
    const engine = this.#loaded();
    await this.#heatmaps.look(engine, request, job);
    await this.#encode(engine, request.labels, request.templates, { ...job, progress: () => {} });
    return this.#heatmaps.maps(engine, request);
  }

  /**
   * Encodes the labels that are new, some at a time, template after template: so prompts that go together share their
   * beginning. @param {WasmEngine} engine @param {string[]} labels
   * @param {string[]} templates @param {Job} job @returns {Promise<number>} how many those were
   */
  async #encode(engine, labels, templates, job) {
    const missing = engine.missing_labels(labels, templates).sort();
    for (let first = 0; first < missing.length; first += LABELS_TOGETHER) {
      const progress = (/** @type {number} */ done) => job.progress({ done: first + done, total: missing.length });
      await this.#encodeSome(engine, missing.slice(first, first + LABELS_TOGETHER), templates, job, progress);
    }
    return missing.length;
  }

  /**
   * Encodes some labels. Where that is ended, those that have been through all templates are kept.
   * @param {WasmEngine} engine @param {string[]} labels @param {string[]} templates @param {Job} job
   * @param {(done: number) => void} told how many labels' worth of work is done
   */
  async #encodeSome(engine, labels, templates, job, told) {
    const flat = new Float32Array(labels.length * templates.length * engine.info().projection_dim);
    const [row, last] = [flat.length / templates.length, labels.length * (templates.length - 1)];
    let done = 0;
    const progress = (/** @type {any} */ { done: prompts }) => told(Math.floor((done = prompts) / templates.length));
    try {
      await this.#embed(engine, engine.prompts(labels, templates), { ...job, progress }, flat);
    } catch (error) {
      const whole = labels.slice(0, Math.max(0, done - last));
      if (job.signal.aborted && whole.length > 0) {
        const values = (row / labels.length) * whole.length;
        const kept = templates.flatMap((_, index) => [...flat.subarray(index * row, index * row + values)]);
        engine.keep_labels(whole, templates, Float32Array.from(kept));
      }
      throw error;
    }
    engine.keep_labels(labels, templates, flat);
  }

  /** @param {{ text: string }} payload */
  tokenize({ text }) {
    return this.#loaded().tokenize(text);
  }

  /** @param {{ image: Blob }} payload */
  async preprocess({ image }) {
    return this.#loaded().preprocess(new Uint8Array(await image.arrayBuffer()));
  }

  /** @returns {KernelTrial[]} what each implementation of the matrix product reached */
  tryKernels() {
    this.#tried = true;
    return this.#loaded().try_kernels();
  }

  /** @returns {Promise<string>} SHA-256 of the model file, in hexadecimal */
  async modelHash() {
    const engine = this.#loaded();
    await this.#verify();
    return engine.sha256();
  }

  /**
   * A request of the research's, whose host is fetched when the first one comes. Another model begins with another host.
   * @template {ResearchVerb} Verb
   * @param {Verb} verb
   * @param {ResearchRequests[Verb]["takes"]} payload
   * @param {Job} job
   */
  async research(verb, payload, job) {
    const engine = this.#loaded();
    const [{ ResearchHost }, build] = await Promise.all([researchHost(), this.#researchBuild()]);
    if (!this.#research?.isOf(engine)) {
      this.#research?.free();
      this.#research = new ResearchHost(build, engine, (...asked) => this.#encode(engine, ...asked));
    }
    /** @type {Handlers<ResearchRequests>} */
    const handlers = this.#research;
    return handlers[verb](payload, job);
  }

  #loaded() {
    if (!this.#engine) throw new EngineError("no-model", "no model is loaded: call load() first");
    return this.#engine;
  }
}

/**
 * What makes something when it is first asked for, and again only where that failed.
 * @template T
 * @param {() => Promise<T>} make
 */
function once(make) {
  /** @type {Promise<T> | undefined} */
  let made;
  return () => {
    made ??= make();
    made.catch(() => (made = undefined));
    return made;
  };
}
