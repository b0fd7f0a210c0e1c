// @ts-check
/** @import { BenchModule, BenchWasm, Damage, Job, Trial, WasmEngine } from "./types.js" */
import { EngineError } from "./engine-error.js";

/**
 * The research bench inside the engine's worker: embeddings that are kept, what is measured of them, and damaged
 * pictures. One method for each verb of `EngineClient.bench`. It is fetched when the first verb comes.
 */
export class BenchHost {
  #module;
  #engine;
  /** @type {BenchWasm | undefined} */
  #bench;

  /**
   * @param {BenchModule} module
   * @param {WasmEngine} engine whose embeddings these are; another one needs another host
   */
  constructor(module, engine) {
    this.#module = module;
    this.#engine = engine;
  }

  /** @param {WasmEngine} engine */
  isOf(engine) {
    return this.#engine === engine;
  }

  /** Begins with nothing, or with what was kept. @param {{ npy?: Uint8Array, csv?: string }} payload */
  open({ npy, csv }) {
    const width = this.#engine.info().projection_dim;
    const { Bench } = this.#module;
    const bench = npy && csv ? Bench.from_files(npy, csv, width, this.#engine.sha256()) : new Bench(width);
    this.free();
    this.#bench = bench;
    return { count: bench.count(), classes: bench.classes() };
  }

  /** Embeds and keeps one picture. @param {{ name: string, label: string | null, image: Blob }} payload */
  async add({ name, label, image }) {
    const result = this.#engine.embed_image(new Uint8Array(await image.arrayBuffer()));
    try {
      this.#opened.push(name, label ?? undefined, result.embedding);
    } finally {
      result.free();
    }
  }

  /** The kept embeddings as files. */
  files() {
    return { npy: this.#opened.npy(), csv: this.#opened.csv(this.#engine.sha256()) };
  }

  /** What `clip-wasm eval` measures. @param {{ labels: string[], templates: string[], seed: number }} payload */
  evaluate({ labels, templates, seed }) {
    return this.#engine.evaluate(this.#opened, labels, templates, seed);
  }

  /**
   * What `clip-wasm bias` measures. The groups are the pictures' labels, or those of a table that lists them in their order.
   * @param {{ labels: string[], templates: string[], seed: number, csv?: string }} payload
   */
  bias({ labels, templates, seed, csv }) {
    if (!csv) return this.#engine.bias(this.#opened, labels, templates, seed);
    const width = this.#engine.info().projection_dim;
    const regrouped = this.#module.Bench.from_files(this.#opened.npy(), csv, width, this.#engine.sha256());
    try {
      return this.#engine.bias(regrouped, labels, templates, seed);
    } finally {
      regrouped.free();
    }
  }

  /** The pictures' places along two principal components. */
  map() {
    return this.#opened.map();
  }

  /** Two lists of predictions beside each other. @param {{ first: object[], second: object[], seed: number }} payload */
  compare({ first, second, seed }) {
    return this.#module.compare(JSON.stringify(first), JSON.stringify(second), seed);
  }

  /**
   * Files and labels of a table. @param {{ text: string, json: boolean }} payload
   * @returns {{ file: string, label: string | null }[]}
   */
  table({ text, json }) {
    const cells = this.#module.read_table(text, json);
    return pairs(cells).map(([file, label]) => ({ file, label: label || null }));
  }

  /** Rows of text as CSV. @param {{ rows: string[][] }} payload */
  csv({ rows }) {
    return this.#module.write_table(rows.flat(), rows[0]?.length ?? 1);
  }

  /** Every corruption and its family. */
  corruptions() {
    return pairs(this.#module.corruptions()).map(([name, family]) => ({ name, family }));
  }

  /**
   * A picture's answers, clean and under each damage.
   * @param {{ image: Blob, name: string, truth: number, side: number, seed: number, word: string, damages: Damage[],
   *   labels: string[], templates: string[], thumbnails?: boolean }} payload
   * @param {Job} job
   */
  async damage({ image, name, truth, side, seed, word, damages, labels, templates, thumbnails = false }, job) {
    const bytes = new Uint8Array(await image.arrayBuffer());
    const working = this.#module.DamagedPicture.working(bytes, side);
    try {
      const clean = this.#engine.trial(working, labels, templates, truth);
      /** @type {Trial[]} */
      const trials = [];
      /** @type {ImageData[]} */
      const pictures = [];
      for (const { corruption, severity } of damages) {
        await job.breathe();
        const damaged = working.damaged(corruption, severity, seed, name, word);
        trials.push(this.#engine.trial(damaged, labels, templates, truth));
        if (thumbnails) {
          const pixels = new Uint8ClampedArray(damaged.rgba());
          pictures.push(new ImageData(pixels, damaged.side(), damaged.side()));
        }
        damaged.free();
      }
      return { clean, trials, pictures };
    } finally {
      working.free();
    }
  }

  /**
   * What `clip-wasm robustness` measures of such answers.
   * @param {{ clean: Trial[], columns: (Damage & { trials: Trial[] })[], seed: number }} payload
   */
  robustness({ clean, columns, seed }) {
    return this.#module.robustness(JSON.stringify(clean), JSON.stringify(columns), seed);
  }

  free() {
    this.#bench?.free();
    this.#bench = undefined;
  }

  get #opened() {
    if (!this.#bench) throw new EngineError("no-data", "no data set is open");
    return this.#bench;
  }
}

/** @param {string[]} cells */
function pairs(cells) {
  return Array.from({ length: cells.length / 2 }, (_, index) => [cells[2 * index], cells[2 * index + 1]]);
}
