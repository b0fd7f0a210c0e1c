// @ts-check
/**
 * Embeddings of earlier visits, found by the bytes of their pictures: the picture's name, data set and label do not matter.
 *
 * @typedef {object} SavedIndex what lies beside the values of a part
 * @property {string} weights_sha256 of the model that made them
 * @property {string} version of the engine that made them
 * @property {number} width values of an embedding
 * @property {string} sha256 of the values' bytes
 * @property {{ sha256: string, bytes: number }[]} rows each picture's hash and size
 *
 * @typedef {object} SavedPart
 * @property {string} set which run wrote it
 * @property {number} at when, in milliseconds since 1970
 * @property {Blob} index
 * @property {Blob} values f32, row after row
 */
/** @typedef {import("./picture-bytes.js").Hash} Hash */

/** Parts whose values are in memory at once: pictures of one data set lie in parts that follow each other. */
const MOST_OPEN = 3;

export class SavedEmbeddings {
  /** @type {Map<string, { part: SavedPart & { sha256: string }, row: number }>} */
  #places = new Map();
  /** Sizes of the pictures that there are: one of another size is not among them. */
  #sizes = new Set();
  /** @type {Map<SavedPart, Promise<Float32Array | null>>} */
  #open = new Map();
  #width;
  #hash;

  /** @param {number} width @param {Hash} hash */
  constructor(width, hash) {
    this.#width = width;
    this.#hash = hash;
  }

  /**
   * @param {SavedPart[]} parts
   * @param {{ weights: string, version: string, width: number, hash: Hash }} wanted what they must have been made with
   */
  static async of(parts, { weights, version, width, hash }) {
    const saved = new SavedEmbeddings(width, hash);
    for (const part of parts) {
      const index = await readIndex(part);
      const isOurs = index?.weights_sha256 === weights && index.version === version && index.width === width;
      if (index && isOurs) saved.#add(part, index);
    }
    return saved;
  }

  /** Sizes of the pictures that are known, in bytes. @returns {number[]} */
  get sizes() {
    return [...this.#sizes];
  }

  /**
   * @param {string} sha256 of a picture
   * @returns {Promise<{ embedding: Float32Array, set: string, at: number } | null>}
   */
  async find(sha256) {
    const place = this.#places.get(sha256);
    const values = place && (await this.#valuesOf(place.part));
    if (!place || !values) return null;
    const embedding = values.subarray(place.row * this.#width, (place.row + 1) * this.#width);
    return { embedding, set: place.part.set, at: place.part.at };
  }

  /** @param {SavedPart} part @param {SavedIndex} index */
  #add(part, { rows, sha256 }) {
    const known = { ...part, sha256 };
    rows.forEach((picture, row) => {
      this.#places.set(picture.sha256, { part: known, row });
      this.#sizes.add(picture.bytes);
    });
  }

  /** @param {SavedPart & { sha256: string }} part @returns {Promise<Float32Array | null>} nothing where the file is not what was written */
  #valuesOf(part) {
    const open = this.#open.get(part) ?? this.#read(part);
    this.#open.delete(part);
    this.#open.set(part, open);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MOST_OPEN) this.#open.delete(oldest);
    return open;
  }

  /** @param {SavedPart & { sha256: string }} part */
  async #read({ values, sha256 }) {
    const bytes = await values.arrayBuffer().catch(() => null);
    if (!bytes || (await this.#hash(new Uint8Array(bytes))) !== sha256) return null;
    return new Float32Array(bytes);
  }
}

/** @param {SavedPart} part @returns {Promise<SavedIndex | null>} */
async function readIndex({ index, values }) {
  try {
    const read = JSON.parse(await index.text());
    return Array.isArray(read.rows) && values.size === read.rows.length * read.width * 4 ? read : null;
  } catch {
    return null; // half of a file: as if it were not there
  }
}
