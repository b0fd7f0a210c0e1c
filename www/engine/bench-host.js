// @ts-check
/** @import { BenchWasm, Damage, Job, LabModule, Trial, WasmEngine, WasmImageEmbeddings, WasmLabelSet } from "./types.js" */
import { EngineError } from "./engine-error.js";

/** How long a slice of a measurement may take, in milliseconds: a cancel is heard between two. */
const SLICE = 60;
/** A confusion matrix of more labels than this stays in the worker unless all of it is asked for. */
const MOST_CELLS = 60;

/** @typedef {{ labels: string[], templates: string[], seed: number }} Question */
/** @typedef {(labels: string[], templates: string[], job: Job) => Promise<number>} Encode */
/** @typedef {{ name: string, label: string | null, image: Blob }} Unread */
/** @typedef {{ name: string, label: string | null, bytes: Uint8Array } | { name: string, reason: string }} Read */

/**
 * The research bench inside the engine's worker: embeddings that are kept, what is measured of them, and damaged
 * pictures. One method for each verb of `EngineClient.bench`. It is fetched when the first verb comes. The engine makes
 * embeddings; all else is the lab's.
 */
export class BenchHost {
  #lab;
  #engine;
  #encode;
  /** @type {BenchWasm | undefined} */
  #bench;
  /** The batch that is read while another is embedded. @type {{ batch: number, read: Promise<Read[]> } | null} */
  #ahead = null;

  /**
   * @param {LabModule} lab
   * @param {WasmEngine} engine whose embeddings these are; another one needs another host
   * @param {Encode} encode makes labels known to the engine, in slices
   */
  constructor(lab, engine, encode) {
    this.#lab = lab;
    this.#engine = engine;
    this.#encode = encode;
  }

  /** @param {WasmEngine} engine */
  isOf(engine) {
    return this.#engine === engine;
  }

  /**
   * Begins with nothing, or with what was kept, in parts; `expected` pictures are to come.
   * @param {{ parts: { npy: Uint8Array, csv: string }[], expected: number }} payload
   */
  open({ parts, expected }) {
    const bench = new this.#lab.Bench(this.#engine.info().projection_dim);
    this.#ahead = null;
    try {
      bench.expect(expected);
      for (const { npy, csv } of parts) bench.append(npy, csv, this.#engine.sha256());
    } catch (error) {
      bench.free();
      throw error;
    }
    this.free();
    this.#bench = bench;
    return { names: bench.names() };
  }

  /**
   * Embeds and keeps some pictures, while those of the batch `ahead`, which comes next, are read.
   * @param {{ batch?: number, pictures: Unread[], ahead?: { batch: number, pictures: Unread[] } | null }} payload
   * @returns {Promise<{ skipped: { name: string, reason: string }[], milliseconds: number }>}
   */
  async add({ batch, pictures, ahead = null }) {
    const known = this.#ahead;
    const opened = await (known && known.batch === batch ? known.read : bytesOfAll(pictures));
    this.#ahead = ahead && { batch: ahead.batch, read: bytesOfAll(ahead.pictures) };
    const read = opened.filter((one) => "bytes" in one);
    const begun = performance.now();
    const { embeddings, failures } = taken(this.#engine.embed_images(read.map(({ bytes }) => bytes)));
    for (const { code, reason } of failures) if (!code.startsWith("image-")) throw new EngineError(code, reason);
    const failed = new Set(failures.map(({ place }) => place));
    const good = read.filter((_, place) => !failed.has(place));
    this.#opened.add(good.map(({ name }) => name), good.map(({ label }) => label ?? ""), embeddings);
    const milliseconds = performance.now() - begun;
    const skipped = failures.map(({ place, reason }) => ({ name: read[place].name, reason }));
    return { skipped: [...opened.filter((one) => "reason" in one), ...skipped], milliseconds };
  }

  /** The names of the pictures that are kept. */
  names() {
    return this.#opened.names();
  }

  /** The kept embeddings from place `first` on as files. @param {{ first?: number }} payload */
  files({ first = 0 }) {
    const bench = this.#opened;
    return { npy: bench.npy(first), csv: bench.csv(first, this.#engine.sha256()), count: bench.count() };
  }

  /**
   * What `clip-wasm eval` measures; a large confusion matrix only where it is asked for.
   * @param {Question & { matrix?: boolean }} payload
   * @param {Job} job
   */
  async evaluate({ labels, templates, seed, matrix = false }, job) {
    await this.#encode(labels, templates, job);
    for (const template of templates.length > 1 ? templates : []) await this.#encode(labels, [template], job);
    const run = this.#withLabels(labels, templates, (set) => this.#opened.evaluate(set, seed));
    for (const template of templates.length > 1 ? templates : [])
      this.#withLabels(labels, [template], (set) => run.add_template(template, this.#opened, set));
    const evaluation = run.object();
    run.free();
    if (labels.length > MOST_CELLS && !matrix) delete evaluation.confusion;
    return evaluation;
  }

  /**
   * What `clip-wasm bias` measures. The groups are the pictures' labels, or those of a table.
   * @param {Question & { groups?: string }} payload
   * @param {Job} job
   */
  async bias({ labels, templates, seed, groups }, job) {
    await this.#encode(labels, templates, job);
    return this.#grouped(groups, (bench) => finished(this.#withLabels(labels, templates, (set) => bench.bias(set, seed)), job));
  }

  /**
   * Whether a group of pictures lies nearer to some texts than to others, beside another group.
   * @param {{ first: string, second: string, near: string[], far: string[], templates: string[], seed: number, groups?: string }} payload
   * @param {Job} job
   */
  async association({ first, second, near, far, templates, seed, groups }, job) {
    await this.#encode([...near, ...far], templates, job);
    return this.#grouped(groups, async (bench) =>
      this.#withBoth(near, far, templates, (one, other) => bench.association(first, second, one, other, seed)),
    );
  }

  /** What `clip-wasm probe` measures. @param {Question} payload @param {Job} job */
  async probe({ labels, templates, seed }, job) {
    await this.#encode(labels, templates, job);
    return finished(this.#withLabels(labels, templates, (set) => this.#opened.probe(set, seed)), job);
  }

  /**
   * A label under other names.
   * @param {Question & { label: string, others: string[] }} payload
   * @param {Job} job
   */
  async namings({ labels, templates, label, others }, job) {
    await this.#encode([...labels, ...others], templates, job);
    const place = labels.indexOf(label);
    return this.#withBoth(labels, others, templates, (set, other) => this.#opened.namings(set, place, other));
  }

  /** What another set of labels changes. @param {Question & { others: string[] }} payload @param {Job} job */
  async labelSets({ labels, templates, others }, job) {
    await this.#encode([...labels, ...others], templates, job);
    return this.#withBoth(labels, others, templates, (set, other) => this.#opened.label_sets(set, other));
  }

  /** The pictures' places along two principal components. */
  map() {
    return this.#opened.map();
  }

  /**
   * Two lists of predictions beside each other: of the same pictures, or of others.
   * @param {{ first: object[], second: object[], seed: number, unpaired?: boolean }} payload
   */
  compare({ first, second, seed, unpaired = false }) {
    const lists = /** @type {const} */ ([JSON.stringify(first), JSON.stringify(second)]);
    return unpaired ? this.#lab.compare_unpaired(...lists) : this.#lab.compare(...lists, seed);
  }

  /**
   * Files and labels of a table. @param {{ text: string, json: boolean }} payload
   * @returns {{ file: string, label: string | null }[]}
   */
  table({ text, json }) {
    const cells = this.#lab.read_table(text, json);
    return pairs(cells).map(([file, label]) => ({ file, label: label || null }));
  }

  /** Rows of text as CSV. @param {{ rows: string[][] }} payload */
  csv({ rows }) {
    return this.#lab.write_table(rows.flat(), rows[0]?.length ?? 1);
  }

  /** Every corruption and its family. */
  corruptions() {
    return pairs(this.#lab.corruptions()).map(([name, family]) => ({ name, family }));
  }

  /**
   * A picture's answers, clean and under each damage.
   * @param {Question & { image: Blob, name: string, truth: number, side: number, word: string, damages: Damage[],
   *   thumbnails?: boolean }} payload
   * @param {Job} job
   */
  async damage({ image, side, damages, thumbnails = false, labels, templates, truth, ...drawn }, job) {
    const bytes = new Uint8Array(await image.arrayBuffer());
    await this.#encode(labels, templates, job);
    const picture = new this.#lab.DamagedPicture(side, this.#engine.working_copy(bytes, side));
    const set = this.#labels(labels, templates);
    const abreast = this.#engine.info().threads;
    try {
      /** @type {Trial[]} */
      const trials = [];
      /** @type {ImageData[]} */
      const pictures = [];
      const all = [{ corruption: null, severity: 1 }, ...damages];
      while (trials.length < all.length) {
        const some = all.slice(trials.length, trials.length + abreast);
        const damaged = picture.damaged(JSON.stringify({ ...drawn, damages: some }));
        const { embeddings, failures } = taken(this.#engine.embed_squares(damaged, side));
        for (const { code, reason } of failures) throw new EngineError(code, reason);
        const width = embeddings.length / damaged.length;
        damaged.forEach((_, row) => trials.push(set.trial(embeddings.subarray(row * width, (row + 1) * width), truth)));
        if (thumbnails) pictures.push(...damaged.map((rgb) => pixels(rgb, side)));
        await job.breathe();
      }
      return { clean: trials[0], trials: trials.slice(1), pictures: pictures.slice(1) };
    } finally {
      picture.free();
      set.free();
    }
  }

  /**
   * What `clip-wasm robustness` measures of such answers.
   * @param {{ clean: Trial[], columns: (Damage & { trials: Trial[] })[], seed: number }} payload
   */
  robustness({ clean, columns, seed }) {
    return this.#lab.robustness(JSON.stringify(clean), JSON.stringify(columns), seed);
  }

  free() {
    this.#bench?.free();
    this.#bench = undefined;
  }

  /** Labels, encoded, as the lab takes them. @param {string[]} labels @param {string[]} templates */
  #labels(labels, templates) {
    const embeddings = this.#engine.label_embeddings(labels, templates);
    return new this.#lab.LabelSet(labels, embeddings, this.#engine.info().logit_scale);
  }

  /**
   * @template T
   * @param {string[]} labels
   * @param {string[]} templates
   * @param {(labels: WasmLabelSet) => T} measure
   */
  #withLabels(labels, templates, measure) {
    const set = this.#labels(labels, templates);
    try {
      return measure(set);
    } finally {
      set.free();
    }
  }

  /**
   * @template T
   * @param {string[]} labels
   * @param {string[]} others
   * @param {string[]} templates
   * @param {(labels: WasmLabelSet, others: WasmLabelSet) => T} measure
   */
  #withBoth(labels, others, templates, measure) {
    return this.#withLabels(labels, templates, (set) => this.#withLabels(others, templates, (other) => measure(set, other)));
  }

  /**
   * The kept pictures by the groups of a table, or as they are.
   * @template T
   * @param {string | undefined} groups
   * @param {(bench: BenchWasm) => Promise<T>} measure
   */
  async #grouped(groups, measure) {
    const bench = groups ? this.#opened.regrouped(groups, /^\s*[[{]/.test(groups)) : this.#opened;
    try {
      return await measure(bench);
    } finally {
      if (bench !== this.#bench) bench.free();
    }
  }

  get #opened() {
    if (!this.#bench) throw new EngineError("no-data", "no data set is open");
    return this.#bench;
  }
}

/**
 * Takes a measurement to its end, in slices. @param {import("./types.js").WasmMeasurement} measurement @param {Job} job
 */
async function finished(measurement, job) {
  try {
    let steps = 1;
    for (;;) {
      const [done, total] = measurement.progress();
      job.progress({ done, total });
      if (done === total) return measurement.finish();
      await job.breathe();
      const begun = performance.now();
      measurement.step(steps);
      steps = performance.now() - begun < SLICE / 2 ? steps * 2 : Math.max(1, steps >> 1);
    }
  } catch (error) {
    if (job.signal.aborted) measurement.free();
    throw error;
  }
}

/** @param {Unread[]} pictures @returns {Promise<Read[]>} */
async function bytesOfAll(pictures) {
  return (await bytesTogether(pictures)) ?? (await Promise.all(pictures.map(bytesOf)));
}

/**
 * Reads files as one, which costs a browser less than each by itself: seven in a hundred of a small picture's time.
 * @param {Unread[]} pictures
 * @returns {Promise<Read[] | undefined>} nothing where one cannot be read
 */
async function bytesTogether(pictures) {
  const all = await new Blob(pictures.map(({ image }) => image)).arrayBuffer().catch(() => undefined);
  const size = pictures.reduce((sum, { image }) => sum + image.size, 0);
  if (all?.byteLength !== size) return undefined;
  let end = 0;
  return pictures.map(({ name, label, image }) => {
    const bytes = new Uint8Array(all, end, image.size);
    end += image.size;
    return { name, label, bytes };
  });
}

/** @param {Unread} picture @returns {Promise<Read>} */
async function bytesOf({ name, label, image }) {
  try {
    return { name, label, bytes: new Uint8Array(await image.arrayBuffer()) };
  } catch (error) {
    return { name, reason: `the file cannot be read: ${/** @type {Error} */ (error).message}` };
  }
}

/** What the engine made of some pictures. @param {WasmImageEmbeddings} found consumed */
function taken(found) {
  const { embeddings, failures } = found;
  found.free();
  return { embeddings, failures };
}

/** @param {Uint8Array} rgb of a square @param {number} side */
function pixels(rgb, side) {
  const picture = new ImageData(side, side);
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    picture.data.set(rgb.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    picture.data[pixel * 4 + 3] = 255;
  }
  return picture;
}

/** @param {string[]} cells */
function pairs(cells) {
  return Array.from({ length: cells.length / 2 }, (_, index) => [cells[2 * index], cells[2 * index + 1]]);
}
