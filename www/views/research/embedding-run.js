// @ts-check
/** @import { EngineClient } from "../../../pkg/engine/client/engine-client.js" */
/** @import { ResearchRequests, ResearchVerb } from "../../../pkg/engine/protocol/requests.js" */
/** @import { ModelInfo } from "../../../pkg/engine/protocol/types.js" */
/** @import { DataFiles, Entry } from "./data-files.js" */
/** @import { Progress, Skipped } from "./research.js" */
import { sentence } from "../../state/sentence.js";
import { embeddingStore } from "./embedding-store.js";

/** When the next part is saved, in milliseconds after the last: what a closed tab may lose. The first, if it is no small one. */
const [SAVE_SOON, SAVE_AT_LAST] = [1000, 10_000];
const NO_SMALL_PART = 32;
/** How long the worker may be at one batch of pictures, in milliseconds: a stop is heard between two. Several on each thread are
 * faster, because they read the weights once. */
const BATCH = 400;
const MOST_TOGETHER = 64;
/** Pictures, and bytes of them, that are compared with what is saved at once. */
const [MOST_COMPARED, MOST_BYTES] = [256, 1 << 25];

/** Runs so far in this tab: the worker refuses what belongs to an earlier one. */
let tokens = 0;

/**
 * The embeddings of one data set by one model: recalled from earlier visits by the bytes of the pictures, then made, and
 * saved part by part. Another data set, or another model, is another run; `end` says that this one's time is over.
 */
export class EmbeddingRun {
  /** Pictures that could not be embedded. @type {Skipped[]} */
  failed = [];
  /** Names of the pictures that are embedded. @type {Set<string>} */
  names = new Set();
  keeps = true;
  /** Pictures that were there from earlier visits, and when the newest of them was saved. */
  resumed = { images: 0, at: 0 };
  /** What a measurement of it is about; nothing while more is being embedded. @type {object | null} */
  about = null;
  /** The model's part of that. @type {object | null} */
  model = null;
  isOpen = false;
  perSecond = 0;
  #token = ++tokens;
  #set = crypto.getRandomValues(new Uint32Array(2)).reduce((text, number) => text + number.toString(36), "");
  /** Runs whose parts hold pictures of this data. @type {Set<string>} */
  #sets = new Set([this.#set]);
  #ending = new AbortController();
  #engine;
  #info;
  #data;
  #tellOf;
  #weights = "";
  /** Sizes of the pictures that are saved. @type {Set<number>} */
  #sizes = new Set();
  #isRecalled = false;
  /** Parts that are saved, the pictures that wait to be, and when the last was. */
  #saved = { parts: 0, waiting: 0, at: 0 };
  #together = 1;
  #batches = 0;

  /** @param {{ engine: EngineClient, info: ModelInfo, data: DataFiles, tell: (progress: Progress | null) => void }} wiring */
  constructor({ engine, info, data, tell }) {
    this.#engine = engine;
    this.#info = info;
    this.#data = data;
    this.#tellOf = tell;
  }

  /** Aborts when another run takes the place of this one. */
  get ends() {
    return this.#ending.signal;
  }

  end() {
    this.#ending.abort(new DOMException("another data set or model has been opened", "AbortError"));
  }

  /** Pictures that are neither embedded nor left out. */
  get missing() {
    const failed = new Set(this.failed.map(({ name }) => name));
    return this.#data.entries.filter(({ name }) => !this.names.has(name) && !failed.has(name));
  }

  /**
   * Asks about this run's data: of another one's nothing is answered.
   * @template {ResearchVerb} Verb
   * @param {Verb} verb
   * @param {Omit<ResearchRequests[Verb]["takes"], "token">} payload
   * @param {AbortSignal} [signal]
   * @returns {Promise<ResearchRequests[Verb]["gives"]>}
   */
  #ask(verb, payload, signal = this.ends) {
    const asked = /** @type {ResearchRequests[Verb]["takes"]} */ ({ token: this.#token, ...payload });
    return this.#engine.research(verb, asked, { signal });
  }

  /** Opens the data in the worker. */
  async begin() {
    const { kept, entries } = this.#data;
    this.#weights = await this.#engine.modelHash();
    const saved = kept ? [] : await embeddingStore.parts(this.#weights);
    this.ends.throwIfAborted();
    const { names, sizes } = await this.#ask("open", { parts: kept ? [kept] : [], expected: entries.length, saved });
    this.names = new Set(names);
    this.#sizes = new Set(sizes);
    this.#saved.at = performance.now();
    this.#isRecalled = sizes.length === 0;
    this.model = await this.#ask("model", {});
    this.about = await this.#ask("about", {});
    this.isOpen = true;
  }

  /**
   * Takes over the embeddings of pictures whose bytes are those of earlier visits. Only a picture of a size that is known is
   * read for that; then its bytes are hashed, whatever it is called.
   *
   * @param {AbortSignal} signal
   */
  async recall(signal) {
    if (this.#isRecalled || this.#data.kept) return;
    const ends = AbortSignal.any([signal, this.ends]);
    const likely = this.missing.filter(({ size }) => size === undefined || this.#sizes.has(size));
    const begun = performance.now();
    this.about = null;
    try {
      for (let done = 0; done < likely.length; ) {
        const some = together(likely.slice(done, done + MOST_COMPARED));
        const { pictures } = await opened(some);
        const { found } = await this.#ask("recall", { pictures }, ends);
        for (const { name, set, at } of found) {
          this.names.add(name);
          this.#sets.add(set);
          this.resumed = { images: this.resumed.images + 1, at: Math.max(this.resumed.at, at) };
        }
        done += some.length;
        this.#tell(done, likely.length, performance.now() - begun, "Compared with saved embeddings:");
      }
      this.#isRecalled = true;
    } finally {
      if (!this.ends.aborted) await this.#settle();
    }
  }

  /**
   * Embeds what is not embedded yet. Ended by its signal, it can be called again.
   *
   * @param {AbortSignal} signal
   */
  async embed(signal) {
    if (this.#data.kept) return;
    await this.recall(signal);
    const ends = AbortSignal.any([signal, this.ends]);
    const { missing } = this;
    if (missing.length === 0) return;
    const begun = performance.now();
    const isShared = this.#info.threads > 1;
    let [next, done] = [0, 0];
    const following = () => this.#batch(missing.slice(next, (next += this.#together)));
    this.about = null;
    try {
      let batch = await following();
      while (done < missing.length) {
        // What is read meanwhile costs memory, and saves the more the more threads would wait for it.
        const ahead = isShared ? await following() : null;
        const read = ahead && { batch: ahead.id, pictures: ahead.pictures };
        this.#take(batch, await this.#ask("add", { batch: batch.id, pictures: batch.pictures, ahead: read }, ends));
        done += batch.entries.length;
        this.#tell(done, missing.length, performance.now() - begun);
        if (this.#isDue()) await this.#save();
        batch = ahead ?? (await following());
      }
    } finally {
      if (!this.ends.aborted) await this.#settle();
    }
  }

  /** Removes what is saved of these pictures. */
  async forget() {
    await embeddingStore.remove(this.#weights, this.#sets);
  }

  /** A batch of pictures whose files are there. @param {Entry[]} entries */
  async #batch(entries) {
    return { id: ++this.#batches, entries, ...(await opened(entries)) };
  }

  /** @param {{ entries: Entry[], pictures: object[], unread: Skipped[] }} batch @param {{ skipped: Skipped[], milliseconds: number }} answer */
  #take({ entries, pictures, unread }, answer) {
    const skipped = [...unread, ...answer.skipped];
    const each = answer.milliseconds / Math.max(1, pictures.length);
    const left = new Set(skipped.map(({ name }) => name));
    for (const { name } of entries) if (!left.has(name)) this.names.add(name);
    this.#saved.waiting += entries.length - left.size;
    this.failed.push(...skipped);
    const { threads } = this.#info;
    const fitting = Math.floor(BATCH / Math.max(each, 0.1) / threads) * threads;
    this.#together = Math.min(MOST_TOGETHER, Math.max(threads, fitting));
  }

  /** After work: what the engine has, which may be more than was heard of, is saved, and put into the data's order. */
  async #settle() {
    this.names = new Set(await this.#ask("names", {}));
    await this.#save();
    await this.#ask("arrange", { names: this.#data.entries.map(({ name }) => name) });
    this.about = await this.#ask("about", {});
  }

  /** @param {number} done @param {number} total @param {number} milliseconds @param {string} [doing] */
  #tell(done, total, milliseconds, doing) {
    const perSecond = (done * 1000) / Math.max(milliseconds, 1);
    if (!doing) this.perSecond = perSecond;
    this.#tellOf({ done, total, perSecond, secondsLeft: (total - done) / perSecond, doing });
  }

  #isDue() {
    const since = performance.now() - this.#saved.at;
    return since > SAVE_AT_LAST || (since > SAVE_SOON && this.#saved.waiting >= NO_SMALL_PART);
  }

  async #save() {
    const files = await this.#ask("unsaved", {});
    this.#saved = { ...this.#saved, waiting: 0, at: performance.now() };
    if (!files) return;
    this.keeps = await embeddingStore.write(this.#weights, this.#set, this.#saved.parts, files);
    this.#saved.parts += 1;
  }
}

/** The first of some entries that are read at once. @param {Entry[]} entries */
function together(entries) {
  let bytes = 0;
  const end = entries.findIndex(({ size = 0 }) => (bytes += size) > MOST_BYTES);
  return end < 0 ? entries : entries.slice(0, Math.max(1, end));
}

/** Entries whose files are there, and the others with their reasons. @param {Entry[]} entries */
async function opened(entries) {
  /** @type {Skipped[]} */
  const unread = [];
  const open = async (/** @type {Entry} */ { name, label, read }) => {
    try {
      return [{ name, label, image: await /** @type {() => Promise<Blob>} */ (read)() }];
    } catch (error) {
      unread.push({ name, reason: sentence(error) });
      return [];
    }
  };
  return { pictures: (await Promise.all(entries.map(open))).flat(), unread };
}
