// @ts-check
/** @import { WasmEmbeddingSet, Variant, Job, ResearchModule, Trial, WasmEngine, WasmLabelSet } from "../protocol/types.js" */
import { taken } from "../picture/embed-images.js";
import { PicturesTogether } from "../picture/pictures-together.js";
import { finished, pairs, pixels } from "./research-values.js";
import { EngineError } from "../protocol/engine-error.js";
import { readPictures } from "./picture-bytes.js";
import { SavedEmbeddings } from "./saved-embeddings.js";
import { sha256 } from "../store/sha256.js";

/** A confusion matrix for more labels than this stays in the worker, unless the whole matrix is requested. */
const MOST_CELLS = 60;

/** @import { CorruptRequest, Handlers, Question, ResearchRequests } from "../protocol/requests.js" */
/** @import { Read, Unread } from "./picture-bytes.js" */
/** @typedef {(labels: string[], templates: string[], job: Job) => Promise<number>} Encode */

/**
 * Research inside the engine's worker: embeddings that are kept, what is measured of them, and damaged
 * pictures. One method for each verb of `EngineClient.research`. It is fetched when the first verb comes. The engine makes
 * embeddings; all else is done by the build `research`.
 * @implements {Handlers<ResearchRequests>}
 */
export class ResearchHost {
  #build;
  #engine;
  #encode;
  /** @type {WasmEmbeddingSet | undefined} */
  #embeddings;
  /** The batch that is read while another is embedded. @type {{ batch: number, read: Promise<Read[]> } | null} */
  #ahead = null;
  /** Which data set is open: what is added for another is refused. */
  #token = 0;
  /** @type {SavedEmbeddings | undefined} */
  #saved;
  /** What has been embedded since it was last asked for. @type {{ sha256: string, bytes: number, embedding: Float32Array }[]} */
  #unsaved = [];

  /**
   * @param {ResearchModule} build
   * @param {WasmEngine} engine whose embeddings these are; another one needs another host
   * @param {Encode} encode makes labels known to the engine, in slices
   */
  constructor(build, engine, encode) {
    this.#build = build;
    this.#engine = engine;
    this.#encode = encode;
  }

  /** @param {WasmEngine} engine */
  isOf(engine) {
    return this.#engine === engine;
  }

  /**
   * Begins with nothing, or with embeddings from files; `expected` pictures are to come, some of which may be among those
   * that were `saved` in earlier visits.
   * @param {{ token?: number, parts: { npy: Uint8Array, csv: string }[], expected: number,
   *   saved?: import("./saved-embeddings.js").SavedPart[] }} payload
   * @returns {Promise<{ names: string[], sizes: number[] }>} the pictures that are there, and the sizes of those that were saved
   */
  async open({ token = 0, parts, expected, saved = [] }) {
    const { projection_dim: width, version } = this.#engine.info();
    const weights = this.#engine.embedder();
    const embeddingSet = new this.#build.EmbeddingSet(width);
    this.#ahead = null;
    this.#unsaved = [];
    try {
      embeddingSet.expect(expected);
      for (const { npy, csv } of parts) embeddingSet.append(npy, csv, weights);
      this.#saved = await SavedEmbeddings.of(saved, { weights, version, width, hash: this.#hash });
    } catch (error) {
      embeddingSet.free();
      throw error;
    }
    this.free();
    this.#embeddings = embeddingSet;
    this.#token = token;
    return { names: embeddingSet.names(), sizes: this.#saved.sizes };
  }

  /**
   * Keeps those of some pictures whose embedding was saved, found by the hash of their bytes.
   * @param {{ token?: number, pictures: Unread[] }} payload
   * @returns {Promise<{ found: { name: string, set: string, at: number }[] }>}
   */
  async recall({ token = 0, pictures }) {
    const embeddingSet = this.#openedBy(token);
    const found = [];
    for (const one of await readPictures(pictures, this.#hash)) {
      const known = "bytes" in one && (await this.#saved?.find(one.sha256));
      if (!known) continue;
      embeddingSet.add([one.name], [one.label ?? ""], [one.sha256], known.embedding);
      found.push({ name: one.name, set: known.set, at: known.at });
    }
    return { found };
  }

  /**
   * Embeds and keeps some pictures, while those of the batch `ahead`, which comes next, are read.
   * @param {{ token?: number, batch?: number, pictures: Unread[], ahead?: { batch: number, pictures: Unread[] } | null }} payload
   * @returns {Promise<{ skipped: { name: string, reason: string }[], milliseconds: number }>}
   */
  async add({ token = 0, batch, pictures, ahead = null }) {
    const embeddingSet = this.#openedBy(token);
    const known = this.#ahead;
    const opened = await (known && known.batch === batch ? known.read : readPictures(pictures, this.#hash));
    this.#ahead = ahead && { batch: ahead.batch, read: readPictures(ahead.pictures, this.#hash) };
    const read = opened.filter((one) => "bytes" in one);
    const begun = performance.now();
    const { embeddings, failures } = taken(this.#engine.embed_images(read.map(({ bytes }) => bytes)));
    for (const { code, reason } of failures) if (!code.startsWith("image-")) throw new EngineError(code, reason);
    const failed = new Set(failures.map(({ place }) => place));
    const good = read.filter((_, place) => !failed.has(place));
    const names = good.map(({ name }) => name);
    embeddingSet.add(names, good.map(({ label }) => label ?? ""), good.map(({ sha256 }) => sha256), embeddings);
    const width = embeddings.length / Math.max(1, good.length);
    good.forEach(({ sha256, bytes }, row) =>
      this.#unsaved.push({ sha256, bytes: bytes.length, embedding: embeddings.subarray(row * width, (row + 1) * width) }),
    );
    const milliseconds = performance.now() - begun;
    const skipped = failures.map(({ place, reason }) => ({ name: read[place].name, reason }));
    return { skipped: [...opened.filter((one) => "reason" in one), ...skipped], milliseconds };
  }

  /**
   * What has been embedded since this was last asked for, to be saved; nothing where that is nothing.
   * @param {{ token?: number }} payload
   * @returns {Promise<{ index: string, values: Uint8Array } | null>}
   */
  async unsaved({ token = 0 }) {
    this.#openedBy(token);
    const rows = this.#unsaved;
    this.#unsaved = [];
    if (rows.length === 0) return null;
    const width = rows[0].embedding.length;
    const values = new Float32Array(rows.length * width);
    rows.forEach(({ embedding }, row) => values.set(embedding, row * width));
    const bytes = new Uint8Array(values.buffer);
    /** @type {import("./saved-embeddings.js").SavedIndex} */
    const index = {
      weights_sha256: this.#engine.embedder(),
      version: this.#engine.info().version,
      width,
      sha256: await this.#hash(bytes),
      rows: rows.map(({ sha256, bytes }) => ({ sha256, bytes })),
    };
    return { index: JSON.stringify(index), values: bytes };
  }

  /** Puts the pictures into the order of `names`: statistics that resample depend on it. @param {{ token?: number, names: string[] }} payload */
  arrange({ token = 0, names }) {
    return this.#openedBy(token).arrange(names);
  }

  /**
   * What a measurement of the pictures that are kept is about: the model, the engine, and which pictures these are.
   * @param {{ groups?: string }} payload a table whose groups are the labels, if there is one
   */
  about({ groups }) {
    const model = this.model();
    return this.#grouped(groups, async (embeddingSet) => ({ ...model, images: embeddingSet.count(), ...embeddingSet.identity() }));
  }

  /** The model and the engine, as exports have them. */
  model() {
    const { name, dtype, preprocessor, version, flavour, threads } = this.#engine.info();
    return { version, model: name, dtype, preprocessor, weights_sha256: this.#engine.sha256(), engine: { flavour, threads, browser: navigator.userAgent } };
  }

  /** What tells pictures from others. @param {{ pictures: { name: string, label: string | null, sha256: string }[] }} payload */
  identity({ pictures }) {
    const [names, labels, hashes] = [pictures.map(({ name }) => name), pictures.map(({ label }) => label ?? ""), pictures.map(({ sha256 }) => sha256)];
    return this.#build.identity_of(names, labels, hashes);
  }

  /**
   * The places of up to `each` pictures of every label, drawn by the seed: those of `--limit` of the command line.
   * @param {{ pictures: { name: string, label: string | null }[], each: number, seed: number }} payload
   * @returns {number[]}
   */
  sample({ pictures, each, seed }) {
    return [...this.#build.sample_of_each_label(pictures.map(({ name }) => name), pictures.map(({ label }) => label ?? ""), each, seed)];
  }

  /** The names of the pictures that are kept. @param {{ token?: number }} [payload] */
  names({ token = this.#token } = {}) {
    return this.#openedBy(token).names();
  }

  /** The kept embeddings as files. */
  files() {
    const embeddingSet = this.#opened;
    return { npy: embeddingSet.npy(), csv: embeddingSet.csv(this.#engine.sha256()), count: embeddingSet.count() };
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
    return this.#grouped(groups, (embeddingSet) => finished(this.#withLabels(labels, templates, (set) => embeddingSet.bias(set, seed)), job));
  }

  /**
   * Whether a group of pictures lies nearer to some texts than to others, beside another group.
   * @param {{ first: string, second: string, near: string[], far: string[], templates: string[], seed: number, groups?: string }} payload
   * @param {Job} job
   */
  async association({ first, second, near, far, templates, seed, groups }, job) {
    await this.#encode([...near, ...far], templates, job);
    return this.#grouped(groups, async (embeddingSet) =>
      this.#withBoth(near, far, templates, (one, other) => embeddingSet.association(first, second, one, other, seed)),
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
    return unpaired ? this.#build.compare_unpaired(...lists) : this.#build.compare(...lists, seed);
  }

  /**
   * Files and labels of a table. @param {{ text: string, json: boolean }} payload
   * @returns {{ file: string, label: string | null }[]}
   */
  table({ text, json }) {
    const cells = this.#build.read_table(text, json);
    return pairs(cells).map(([file, label]) => ({ file, label: label || null }));
  }

  /** Rows of text as CSV. @param {{ rows: string[][] }} payload */
  csv({ rows }) {
    return this.#build.write_table(rows.flat(), rows[0]?.length ?? 1);
  }

  /** Every corruption and its family. */
  corruptions() {
    return pairs(this.#build.corruptions()).map(([name, family]) => ({ name, family }));
  }

  /**
   * A picture's answers, clean and in each corrupted variant.
   * @param {CorruptRequest} payload
   * @param {Job} job
   */
  async corrupt({ image, side, variants, thumbnails = false, labels, templates, truth, ...drawn }, job) {
    const bytes = new Uint8Array(await image.arrayBuffer());
    await this.#encode(labels, templates, job);
    const picture = new this.#build.DamagedPicture(side, this.#engine.working_copy(bytes, side));
    const set = this.#labels(labels, templates);
    const together = new PicturesTogether(this.#engine);
    try {
      /** @type {Trial[]} */
      const trials = [];
      /** @type {ImageData[]} */
      const pictures = [];
      const all = [{ corruption: null, severity: 1 }, ...variants];
      while (trials.length < all.length) {
        const some = all.slice(trials.length, trials.length + together.count);
        const damaged = picture.damaged(JSON.stringify({ ...drawn, damages: some }));
        const { embeddings, failures } = together.timed(damaged, () => taken(this.#engine.embed_squares(damaged, side)));
        for (const { code, reason } of failures) throw new EngineError(code, reason);
        const width = embeddings.length / damaged.length;
        damaged.forEach((_, row) => trials.push(set.trial(embeddings.subarray(row * width, (row + 1) * width), truth)));
        if (thumbnails) pictures.push(...damaged.map((rgb) => pixels(rgb, side)));
        await job.breathe();
      }
      const weights_sha256 = this.#engine.sha256();
      return { clean: trials[0], trials: trials.slice(1), pictures: pictures.slice(1), sha256: await this.#hash(bytes), weights_sha256 };
    } finally {
      picture.free();
      set.free();
    }
  }

  /**
   * What `clip-wasm robustness` measures of such answers.
   * @param {{ clean: Trial[], columns: (Variant & { trials: Trial[] })[], seed: number }} payload
   */
  robustness({ clean, columns, seed }) {
    return this.#build.robustness(JSON.stringify(clean), JSON.stringify(columns), seed);
  }

  /** Where the browser has no hash, as on a page without TLS, the build has one. @type {import("./picture-bytes.js").Hash} */
  #hash = (bytes) => (globalThis.crypto?.subtle ? sha256(/** @type {BufferSource} */ (bytes)) : this.#build.sha256(bytes));

  free() {
    this.#embeddings?.free();
    this.#embeddings = undefined;
  }

  /** Labels, encoded, as the build takes them. @param {string[]} labels @param {string[]} templates */
  #labels(labels, templates) {
    const embeddings = this.#engine.label_embeddings(labels, templates);
    return new this.#build.LabelSet(labels, embeddings, this.#engine.info().logit_scale);
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
   * @param {(embeddingSet: WasmEmbeddingSet) => Promise<T>} measure
   */
  async #grouped(groups, measure) {
    const embeddingSet = groups ? this.#opened.regrouped(groups, /^\s*[[{]/.test(groups)) : this.#opened;
    try {
      return await measure(embeddingSet);
    } finally {
      if (embeddingSet !== this.#embeddings) embeddingSet.free();
    }
  }

  /** @param {number} token */
  #openedBy(token) {
    if (token !== this.#token) throw new EngineError("no-data", "another data set has been opened");
    return this.#opened;
  }

  get #opened() {
    if (!this.#embeddings) throw new EngineError("no-data", "no data set is open");
    return this.#embeddings;
  }
}
