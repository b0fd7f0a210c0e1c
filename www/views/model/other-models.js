// @ts-check
/** @import { Dtype, KernelTrial, ModelRecord, ModelSource, Preview } from "../../../pkg/engine/protocol/types.js" */
/** @import { ModelChoice } from "../../state/model-choice.js" */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { ModelParts } from "./model-layout.js" */
/** @import { Need, ShelfModel } from "./model-shelf.js" */
import { codeOf } from "../../../pkg/engine/protocol/code-of.js";
import { inOneFile } from "../../state/in-one-file.js";
import { fetchable } from "../../state/model-choice.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { deviceSpeed, shelf } from "./model-shelf.js";

/** Error codes of a model that is too large for this device. */
const NO_MEMORY = new Set(["too-large", "out-of-memory"]);
/** The least that a download can be quantized to. */
const FEWEST_BITS = "q4_0";
/** The record of the smallest model of the hub. */
const SMALL = "tinyclip-vit-8m-16";

/** What ends a load without being a fault. */
const ENDED = new Set(["paused"]);

/**
 * Every way to another model: the known ones, any repository of the hub, files from disk, what is kept in this browser; and
 * what that takes of its room. Event `loaded` once another model is in place.
 */
export class OtherModels extends EventTarget {
  #parts;
  #session;
  #signal;
  /** @type {ShelfModel[]} */
  #shelf = [];
  /** @type {ModelRecord[]} */
  #records = [];
  /** What the autotuner measured with the first model, asked for once. @type {Promise<KernelTrial[]> | undefined} */
  #trials;
  /** What is under way, for Stop to throw away. @type {ModelSource | null} */
  #loading = null;
  /** What the button of the fault does. */
  #remedy = () => {};

  /**
   * @param {ModelParts} parts
   * @param {ModelSession} session
   * @param {AbortSignal} signal ends all listening
   */
  constructor(parts, session, signal) {
    super();
    this.#parts = parts;
    this.#session = session;
    this.#signal = signal;
    parts.hub.hidden = inOneFile;
    this.#listen();
  }

  /** Loads files of the visitor's; a fault is told here, and the present model stays. @param {File[]} files */
  openFiles(files) {
    const [first] = files;
    if (!first) return;
    return this.#load(files.length === 1 && /\.gguf$/i.test(first.name) ? { file: first } : { files });
  }

  /** Moves the focus to the button of a known model. @param {string} id */
  pointOut(id) {
    this.#parts.list.focusOn(id);
  }

  /** Shows where a model can be had that an address asks for. @param {ModelChoice} choice */
  async offer(choice) {
    const { dtype, repo, openFile } = this.#parts;
    if ([...dtype.options].some(({ value }) => value === choice.dtype)) dtype.value = /** @type {string} */ (choice.dtype);
    await this.refresh();
    const source = fetchable(choice, this.#records.find(({ id }) => id === choice.name));
    if (!source || inOneFile) return openFile.focus();
    if ("id" in source) return this.pointOut(source.id);
    repo.value = source.repo;
    repo.focus();
    await this.#look();
  }

  /** Shows what is at hand, and how much room there is. */
  async refresh() {
    const { engine, source, info } = this.#session;
    if (!engine) return;
    try {
      const [told, storage] = await Promise.all([engine.listModels(), engine.storage()]);
      const speed = info ? deviceSpeed(await this.#measured(engine), this.#dtype) : undefined;
      this.#records = told.records;
      const need = /** @type {Need} */ (this.#parts.need.value);
      this.#shelf = shelf({ ...told, dtype: this.#dtype, inUse: source && info && { source, dtype: info.dtype }, need, speed });
      this.#parts.list.entries = this.#shelf.map(({ entry }) => entry);
      this.#parts.room.textContent = room(storage, told.stored.length);
      this.#parts.persist.hidden = storage.persisted || storage.kind === "memory" || told.stored.length === 0;
    } catch (error) {
      this.#fault = sentence(error);
    }
  }

  /** @param {import("../../../pkg/engine/client/engine-client.js").EngineClient} engine */
  #measured(engine) {
    return (this.#trials ??= engine.tryKernels().catch(() => {
      this.#trials = undefined; // an engine that ended: the next one is asked
      return [];
    }));
  }

  #listen() {
    const { list, need, dtype, back, openFile, openFolder, fileInput, folderInput, repoForm, download, progress, persist } = this.#parts;
    this.#on(list, "choose-model", ({ detail }) => this.#choose(detail.id));
    this.#on(list, "forget-model", ({ detail }) => this.#forget(detail.id));
    for (const choice of [need, dtype]) this.#on(choice, "change", () => this.refresh());
    this.#on(back, "click", () => this.#run(() => this.#session.loadOwn()));
    this.#on(openFile, "click", () => fileInput.click());
    this.#on(openFolder, "click", () => folderInput.click());
    for (const input of [fileInput, folderInput])
      this.#on(input, "change", () => {
        const files = [...(input.files ?? [])];
        input.value = "";
        this.openFiles(files);
      });
    this.#on(repoForm, "submit", (event) => {
      event.preventDefault();
      this.#look();
    });
    this.#on(download, "click", () => this.#load({ repo: this.#repo }));
    this.#on(progress, "pause-load", () => this.#session.engine?.pause());
    this.#on(progress, "stop-load", () => this.#stop());
    this.#on(persist, "click", async () => {
      await this.#session.engine?.persist();
      this.refresh();
    });
    this.#on(this.#parts.fault, "act", () => this.#remedy());
    this.#on(this.#session, "progress", ({ detail }) => (progress.progress = detail));
  }

  get #dtype() {
    return /** @type {Dtype} */ (this.#parts.dtype.value);
  }

  get #repo() {
    return this.#parts.repo.value.trim().replace(/^https:\/\/huggingface\.co\//, "");
  }

  set #fault(/** @type {string | null} */ message) {
    this.#parts.fault.fault = message === null ? null : { message };
  }

  /** @param {string} id */
  #choose(id) {
    const model = this.#shelf.find(({ entry }) => entry.id === id);
    if (model) this.#load(model.source);
  }

  /** @param {string} id */
  async #forget(id) {
    const stored = this.#shelf.find(({ entry }) => entry.id === id)?.stored;
    try {
      if (stored) await this.#session.engine?.deleteModel(stored.key);
    } catch (error) {
      this.#fault = sentence(error);
    }
    this.refresh();
  }

  /** Tells what a repository holds, before its weights are downloaded. */
  async #look() {
    const { preview, download } = this.#parts;
    this.#fault = null;
    download.hidden = true;
    preview.textContent = "Checking.";
    try {
      const found = await this.#session.engine?.preview({ repo: this.#repo }, { dtype: this.#dtype, signal: this.#signal });
      preview.textContent = found ? told(found, this.#dtype) : "";
      download.hidden = !found;
    } catch (error) {
      preview.textContent = "";
      this.#fault = sentence(error);
    }
  }

  /** @param {ModelSource} source */
  async #load(source) {
    this.#loading = source;
    await this.#run(() => this.#session.load(source, this.#dtype));
    if (this.#loading === source) this.#loading = null;
  }

  /** @param {() => Promise<void>} load */
  async #run(load) {
    this.#fault = null;
    try {
      await load();
      this.dispatchEvent(new Event("loaded"));
    } catch (error) {
      const source = this.#loading;
      await this.refresh(); // a model in place has this done by whoever shows it
      if (ENDED.has(codeOf(error)) || (error instanceof DOMException && error.name === "AbortError")) return;
      const kept = this.#session.info ? ` ${this.#session.info.name} is still loaded.` : "";
      const action = NO_MEMORY.has(codeOf(error)) ? this.#remedyFor(source) : undefined;
      this.#parts.fault.fault = { message: `${sentence(error)}${kept}`, action };
    }
  }

  /**
   * Finds what takes less memory than a source that found too little: fewer bits, or else another model.
   * @param {ModelSource | null} source
   * @returns {string | undefined} words for the button that does it
   */
  #remedyFor(source) {
    if (source && ("repo" in source || "id" in source || "files" in source) && this.#dtype !== FEWEST_BITS) {
      this.#remedy = () => {
        this.#parts.dtype.value = FEWEST_BITS;
        this.#load(source);
      };
      return "Try it in 4 bits";
    }
    const small = this.#shelf.find(({ entry }) => entry.id === SMALL);
    if (small) this.#remedy = () => this.#load(small.source);
    return small && `Use ${small.entry.title} instead`;
  }

  /** Ends what is under way, and throws away what has come of it. */
  async #stop() {
    const source = JSON.stringify(this.#loading);
    this.#session.cancelLoad();
    const { engine } = this.#session;
    const listed = await engine?.listModels();
    const partial = listed?.stored.find((model) => !model.complete && JSON.stringify(model.source) === source);
    if (partial) await engine?.deleteModel(partial.key).catch(() => {}); // still in use: it can be deleted in the list
    this.refresh();
  }

  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} handler
   */
  #on(target, type, handler) {
    target.addEventListener(type, handler, { signal: this.#signal });
  }
}

/**
 * @param {Preview} preview
 * @param {Dtype} dtype
 */
function told({ name, license, bytes, sizes, stored, warning }, dtype) {
  const size = sizes[dtype];
  const parts = [name, license, stored ? "already stored here" : `download ${numberText.bytes(bytes)}`];
  if (size) parts.push(`${numberText.bytes(size)} once stored`);
  return `${parts.filter(Boolean).join(" · ")}.${warning ? ` ${warning}` : ""}`;
}

/**
 * @param {import("../../../pkg/engine/protocol/types.js").StorageState} storage
 * @param {number} models
 */
function room({ kind, used, quota, persisted }, models) {
  if (kind === "memory") return "This browser does not store data for this page: models are lost when the page is closed.";
  const of = quota > 0 ? ` of ${numberText.bytes(quota)}` : "";
  const promise = persisted ? " The browser has agreed to keep them." : models > 0 ? " The browser may clear them when space runs low." : "";
  return `Stored files take up ${numberText.bytes(used)}${of} in this browser.${promise}`;
}
