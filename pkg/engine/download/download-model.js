// @ts-check
/** @import { Job, ResearchModule, WasmConversion } from "../protocol/types.js" */
/** @import { DownloadPlan, WeightsFile } from "./download-plan.js" */
/** @import { About, ModelStore } from "../store/model-store.js" */
/** @import { Draft } from "../store/model-files.js" */
/** @import { FileVersion } from "./file-version.js" */
import { codeOf } from "../protocol/code-of.js";
import { download, downloadWhole } from "./download-file.js";
import { EngineError } from "../protocol/engine-error.js";
import { memoryNeed } from "../model/memory-need.js";
import { Checksum } from "../store/checksum.js";
import { locked } from "../store/locked.js";
import { isFull, jsonBytes } from "../store/model-store.js";
import { readPieces } from "../store/pieces.js";
import { TransferRate } from "./transfer-rate.js";

/** Data is written when this many bytes are buffered. */
const WRITE = 1 << 20;
/** How far it is is noted down after this many bytes of the source, or else this many milliseconds: what a closed tab loses. */
const NOTE_BYTES = 16 << 20;
const NOTE_INTERVAL = 300;
/** How often the files may begin anew. */
const BEGINNINGS = 6;
/** Progress is told at most this often, in milliseconds. */
const PROGRESS_INTERVAL = 50;
/** Failures after which what has come is still good. */
const KEEPS = new Set(["download", "rate-limited", "no-access", "paused"]);

/** The small files that a checkpoint may have, by what they are for. */
const COMPANIONS = ["config", "tokenizer", "tokenizer_config", "special_tokens", "preprocessor", "processor"];
/** Written after the companions: without it they may be cut short. */
const COMPLETE = "companions-complete";
/** The conversion is noted down in these by turns, so that one of them is always whole. */
const NOTES = ["state.0", "state.1"];
/** What only an unfinished model has. */
const SMALL = ["about.json", ...COMPANIONS, COMPLETE, ...NOTES];

/**
 * Fetches a model into the store, quantized on the way where the plan says so. One tab does so at a time; what has
 * come before is not fetched again.
 * @param {DownloadPlan} plan
 * @param {() => Promise<ResearchModule>} research fetches it
 * @param {ModelStore} store
 * @param {Job} job
 * @returns {Promise<string>} the model's key in the store
 */
export async function downloadModel(plan, research, store, job) {
  const fetchIt = async () => {
    if (!(await store.find(plan.key))) await new Fetching(plan, research, store, job).run();
    return plan.key;
  };
  const mine = await locked(plan.key, async (lock) => lock && fetchIt(), { ifAvailable: true });
  if (mine) return mine;
  job.progress({ loaded: 0, total: 0, stage: "wait", note: "Another tab is already downloading this model." });
  return locked(plan.key, fetchIt, { signal: job.signal });
}

/** The files begin anew: see `download`. */
class Restart extends Error {}

/** One run at one plan. */
class Fetching {
  /** @type {Draft} */
  // @ts-expect-error assigned first of all in `run`
  #draft;
  /** @type {WasmConversion | undefined} */
  #conversion;
  /** What the host said of the file, of which none says anything of several. @type {FileVersion | undefined} */
  #version;
  /** Of the body as it came. */
  #sum = new Checksum();
  /** What it was at the last two notes. @type {{ bytes: number, sum: string }[]} */
  #bodies = [];
  #inMemory = false;
  #rate = new TransferRate();
  #told = -Infinity;
  #noted = 0;
  #notedAt = performance.now();
  #turn = 0;

  /** @param {DownloadPlan} plan @param {() => Promise<ResearchModule>} research @param {ModelStore} store @param {Job} job */
  constructor(plan, research, store, job) {
    this.plan = plan;
    this.research = research;
    this.store = store;
    this.job = job;
    this.total = plan.weights.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async run() {
    const { key, source } = this.plan;
    this.#inMemory = "files" in source;
    const before = await this.store.about(key);
    this.#draft = await this.store.open(key, this.#inMemory);
    try {
      await this.#takeUp(before);
      for (let beginnings = 1; !(await this.#fetchAll(beginnings)); beginnings++) await this.#startOver();
      await this.#complete();
    } catch (error) {
      await this.#stop(error);
      throw error;
    }
    this.#conversion?.free();
    await this.#draft.close();
  }

  /** @param {number} beginnings how many there have been @returns {Promise<boolean>} whether all has come; if not, it begins anew */
  async #fetchAll(beginnings) {
    let begin = 0;
    try {
      for (const [index, file] of this.plan.weights.entries()) {
        if (index >= (this.#conversion?.files() ?? 0)) await this.#fetch(file, begin);
        begin += file.bytes;
      }
    } catch (error) {
      if (!(error instanceof Restart)) throw error;
      if (beginnings === BEGINNINGS)
        throw new EngineError("download", `${this.plan.name} cannot be downloaded, because ${error.message}: try again later`);
      this.#tell("wait", `${error.message}: starting over`);
      return false;
    }
    return true;
  }

  /** Forgets what has come of the weights. */
  async #startOver() {
    await this.#draft.truncate(0);
    this.#sum = new Checksum();
    this.#bodies = [];
    this.#version = undefined;
    this.#noted = 0;
    if (!this.#conversion) return;
    this.#conversion.free();
    this.#conversion = undefined;
    this.#conversion = new (await this.research()).Conversion(this.plan.dtype);
  }

  #about() {
    const { key, name, dtype, source, record, origin } = this.plan;
    const from = "files" in source ? { stored: key } : source;
    return { name, dtype, total: this.total, source: from, license: record.license, origin, version: this.#version };
  }

  get #position() {
    return this.#conversion ? this.#conversion.position() : this.#draft.size();
  }

  /**
   * Gets what belongs to the weights, makes sure of the room, and goes on where an earlier run stopped.
   * @param {About | undefined} before what that run noted
   */
  async #takeUp(before) {
    const { companions, dtype, key } = this.plan;
    const { bodies = [], version } = before ?? {};
    await this.#save("about.json", jsonBytes({ ...this.#about(), version, bodies, loaded: before?.loaded }));
    if (!companions) {
      const size = Math.max(0, ...bodies.map(({ bytes }) => bytes).filter((bytes) => bytes <= this.#draft.size()));
      if (!version || !(await this.#isWhole(size, bodies))) return this.#startOver();
      this.#version = version;
      return this.#draft.truncate(size);
    }
    if (!(await this.store.read(key, COMPLETE))?.byteLength) {
      for (const [name, place] of Object.entries(companions)) await this.#save(name, await this.#small(place));
      await this.#save(COMPLETE, new Uint8Array(1));
    }
    const research = await this.research();
    const sizes = research.model_sizes(await this.#companion("config"));
    const needed = sizes[/** @type {import("../protocol/types.js").Dtype} */ (dtype)];
    memoryNeed.check(this.plan.name, needed);
    await this.#makeRoom(needed);
    this.#conversion = (await this.#latestNote(research)) ?? new research.Conversion(dtype);
    if (!(await this.#isWhole(this.#conversion.written(), bodies))) return this.#startOver();
    await this.#draft.truncate(this.#conversion.written());
    this.#noted = this.#conversion.position();
  }

  /**
   * Whether the body that is there begins with what had come: a machine that stopped may have left holes.
   * @param {number} size
   * @param {{ bytes: number, sum: string }[]} bodies as they were noted
   */
  async #isWhole(size, bodies) {
    const noted = bodies.find(({ bytes }) => bytes === size);
    this.#sum = new Checksum();
    if (!noted) return size === 0;
    for await (const piece of this.#draft.read(size)) this.#sum.push(piece);
    this.#bodies = [noted];
    return this.#sum.bytes === size && this.#sum.digest() === noted.sum;
  }

  /** @param {string | File} file */
  async #small(file) {
    if (typeof file === "string") return downloadWhole(file, this.job.signal, this.plan.token);
    return new Uint8Array(await file.arrayBuffer());
  }

  /** @param {string} name */
  async #companion(name) {
    return (await this.store.read(this.plan.key, name)) ?? new Uint8Array();
  }

  /** The conversion as it was noted down last; nothing where there is no whole note of data that is there. @param {ResearchModule} research */
  async #latestNote(research) {
    /** @type {WasmConversion | undefined} */
    let latest;
    for (const [turn, name] of NOTES.entries()) {
      const note = await this.store.read(this.plan.key, name);
      try {
        const conversion = note && research.Conversion.resume(note);
        if (!conversion || conversion.written() > this.#draft.size()) continue;
        if (latest && latest.position() > conversion.position()) continue;
        latest = conversion;
        this.#turn = 1 - turn;
      } catch {
        continue; // half written when the tab was closed: the other one is whole
      }
    }
    return latest;
  }

  /** @param {number} needed bytes of the finished model */
  async #makeRoom(needed) {
    const { kind, used, quota } = await this.store.state();
    const free = quota - used;
    if (this.#inMemory || kind === "memory" || !quota || needed - this.#draft.size() < free) return;
    await this.#moveToMemory(`The disk has ${megabytes(free)} free, but the model takes ${megabytes(needed)}`);
  }

  /** @param {string} reason */
  async #moveToMemory(reason) {
    this.#inMemory = true;
    await this.#draft.close();
    this.#draft = await this.store.moveToMemory(this.plan.key, SMALL);
    this.#tell("download", `${reason}: the model is kept in memory until this page is closed.`);
  }

  /**
   * Fetches one file of the weights, as far as it has not come.
   * @param {WeightsFile} file
   * @param {number} begin where it begins among all of them
   */
  async #fetch(file, begin) {
    const done = this.#position - begin;
    if (!file.bytes || done < file.bytes) {
      for await (const chunk of this.#chunks(file, done)) {
        this.job.signal.throwIfAborted();
        await this.#take(chunk);
        // A host that names no length may never end.
        if (this.#position > this.total) memoryNeed.check(this.plan.name, this.#position);
        this.#tell(file.file ? "read" : "download");
      }
    }
    const sha256 = this.#conversion?.end_file();
    if (sha256 && file.sha256 && sha256 !== file.sha256) {
      throw new EngineError(
        "wrong-hash",
        `${file.url} has the SHA-256 ${sha256}, expected ${file.sha256}: it is damaged, or is another file`,
      );
    }
  }

  /** @param {WeightsFile} file @param {number} offset */
  #chunks(file, offset) {
    if (file.file) return readPieces(file.file.slice(offset));
    return download({ ...file, kept: true, version: this.#version, token: this.plan.token }, offset, this.job.signal, {
      onAnswer: async (version) => {
        if (this.plan.weights.length === 1 && version.bytes) this.total = version.bytes;
        if (this.plan.companions) return;
        memoryNeed.check(this.plan.name, this.total);
        this.#version = version;
        if (this.#position === 0) await this.#makeRoom(this.total);
        await this.#note();
      },
      onRestart: (reason) => {
        throw new Restart(reason);
      },
      onWait: (reason) => this.#tell("wait", reason),
    });
  }

  /** @param {Uint8Array} chunk of the source */
  async #take(chunk) {
    if (!this.#conversion) await this.#append(chunk);
    else if (this.#conversion.push(chunk) >= WRITE) await this.#append(this.#conversion.take());
    const late = performance.now() - this.#notedAt >= NOTE_INTERVAL;
    if (late || this.#position - this.#noted >= NOTE_BYTES) await this.#note();
  }

  /** @param {Uint8Array} bytes of the model's data */
  async #append(bytes) {
    if (!bytes.byteLength) return;
    const size = this.#draft.size();
    try {
      await this.#draft.append(bytes);
    } catch (error) {
      if (!isFull(error) || this.#inMemory) throw error;
      await this.#draft.truncate(size); // part of it may have fitted
      await this.#moveToMemory("The disk is full");
      await this.#draft.append(bytes);
    }
    this.#sum.push(bytes);
  }

  /** @param {string} name @param {Uint8Array} bytes */
  async #save(name, bytes) {
    try {
      await this.#draft.save(name, bytes);
    } catch (error) {
      if (!isFull(error) || this.#inMemory) throw error;
      await this.#moveToMemory("The disk is full");
      await this.#draft.save(name, bytes);
    }
  }

  /** Notes down how far it is: the body's checksum first, which is that of either note of the conversion until both are written. */
  async #note() {
    const conversion = this.#conversion;
    if (conversion) await this.#append(conversion.take());
    this.#bodies = [...this.#bodies.slice(-1), { bytes: this.#draft.size(), sum: this.#sum.digest() }];
    this.#noted = this.#position;
    this.#notedAt = performance.now();
    await this.#save("about.json", jsonBytes({ ...this.#about(), bodies: this.#bodies, loaded: this.#noted }));
    if (!conversion) return;
    await this.#save(NOTES[this.#turn], conversion.snapshot());
    this.#turn = 1 - this.#turn;
  }

  /** Writes what is left; the record comes last and makes it a model. */
  async #complete() {
    const conversion = this.#conversion;
    const header = new Checksum();
    if (conversion) {
      await this.#append(conversion.take());
      const roles = Object.keys(this.plan.companions ?? {});
      const files = Object.fromEntries(await Promise.all(roles.map(async (role) => [role, await this.#companion(role)])));
      this.#conversion = undefined; // consumed
      const ending = conversion.finish(files, JSON.stringify(this.plan.record));
      await this.#append(ending.tail());
      const bytes = ending.header();
      header.push(bytes);
      await this.#save("header", bytes);
      ending.free();
    }
    const sha256 = conversion ? undefined : this.plan.weights[0].sha256;
    const sums = { header: header.digest(), body: this.#sum.digest() };
    await this.#save("model.json", jsonBytes({ ...this.#about(), at: Date.now(), sums, sha256 }));
    for (const name of SMALL) await this.#draft.drop(name);
  }

  /**
   * After a failure: what is good is kept for the next run, what is not is removed.
   * @param {unknown} error
   */
  async #stop(error) {
    const good = this.job.signal.aborted || KEEPS.has(codeOf(error)) || isFull(error);
    try {
      if (good && (this.#conversion || this.#version)) await this.#note();
    } finally {
      if (!(error instanceof WebAssembly.RuntimeError)) this.#conversion?.free();
      await this.#draft.close();
      if (!good) await this.store.remove(this.plan.key);
    }
  }

  /** @param {"download" | "read" | "wait"} stage @param {string} [note] */
  #tell(stage, note) {
    const now = performance.now();
    if (!note && now - this.#told < PROGRESS_INTERVAL) return;
    this.#told = now;
    const [loaded, total] = [this.#position, this.total];
    const file = this.plan.weights.length === 1 ? this.plan.weights[0].url.split("/").at(-1) : this.plan.name;
    this.job.progress({ stage, file, loaded, total, note, ...this.#rate.after(loaded, total) });
  }
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${Math.max(0, Math.round(bytes / 1e6))} MB`;
}
