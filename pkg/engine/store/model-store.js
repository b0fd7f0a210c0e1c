// @ts-check
/** @import { ModelSource, StorageState, StoredModel } from "../protocol/types.js" */
/** @import { Draft, ModelFiles } from "./model-files.js" */
/** @import { FileVersion } from "../download/file-version.js" */
import { codeOf } from "../protocol/code-of.js";
import { EngineError } from "../protocol/engine-error.js";
import { cacheStore } from "./cache-store.js";
import { Checksum, checksumOf } from "./checksum.js";
import { memoryStore } from "./memory-store.js";
import { opfsStore } from "./opfs-store.js";
import { PIECE, SMALL_PIECE, readPieces } from "./pieces.js";

/** The checksums of a model's two files. @typedef {{ header: string, body: string }} Sums */

/**
 * What `about.json` says of a model on its way, and `model.json`, which is written last and makes it one.
 * @typedef {object} About
 * @property {string} name
 * @property {string} dtype
 * @property {number} total bytes of the source; 0 where unknown
 * @property {ModelSource} source
 * @property {number} [loaded] bytes of the source that had come when this was written
 * @property {FileVersion} [version] what the host said of the file
 * @property {string} [origin] what the record said of where the weights are
 * @property {number} [at] when it was whole, in milliseconds since 1970
 * @property {{ bytes: number, sum: string }[]} [bodies] of a model on its way: how long the body was at the last notes, and its
 *   checksum then
 * @property {Sums} [sums] of a complete model: its files are compared with these whenever they are read
 * @property {string} [sha256] of the whole file, once it has been read
 * @property {string[]} [pieces] the SHA-256 of each of its pieces then: see `pieces.js`
 */

/** @param {unknown} value */
export const jsonBytes = (value) => new TextEncoder().encode(JSON.stringify(value));

/** @param {unknown} error */
export const isFull = (error) =>
  (error instanceof Error && error.name === "QuotaExceededError") || codeOf(error) === "quota";

/** How often a small file is looked at that cannot be read yet, and how long it may take to replace one, in milliseconds. */
const LOOKS = 5;
const REPLACED = 10;

/** The models this origin keeps; those that found no room on the disk stay in memory. */
export class ModelStore {
  /** @type {ModelFiles} */
  #disk;
  #memory = memoryStore();

  /** @param {ModelFiles} disk */
  constructor(disk) {
    this.#disk = disk;
  }

  /** @param {StorageState["kind"]} [kind] by default the best available */
  static async open(kind) {
    const makers = { opfs: opfsStore, cache: cacheStore, memory: async () => memoryStore() };
    for (const make of kind ? [makers[kind]] : Object.values(makers)) {
      const files = await make().catch(() => undefined); // no such storage here, or not in a private window
      if (files) return new ModelStore(files);
    }
    return new ModelStore(memoryStore());
  }

  /** @returns {Promise<StorageState>} */
  async state() {
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    const persisted = (await navigator.storage?.persisted?.()) ?? false;
    return { kind: this.#disk.kind, used: usage, quota, persisted };
  }

  /** @returns {Promise<StoredModel[]>} */
  async list() {
    const found = [];
    for (const files of [this.#disk, this.#memory]) {
      found.push(...(await Promise.all((await files.keys()).map((key) => describe(files, key)))));
    }
    return found.filter((model) => model !== undefined);
  }

  /**
   * @param {string} key
   * @returns {Promise<{ file: Blob, about: About, pieces: (size?: number, sums?: Sums) => AsyncGenerator<Uint8Array>, sums: () => Promise<Sums> } | undefined>}
   *   its bytes, also piece by piece, each good until the next, of `size` where the store can and else as they are hashed, and
   *   held against `sums`, which ends in "wrong-hash" where they are others; nothing where it is not there, or not whole
   */
  async find(key) {
    for (const files of [this.#disk, this.#memory]) {
      const about = await json(files, key, "model.json");
      if (!about) continue;
      const parts = await Promise.all([files.read(key, "header"), files.read(key, "body")]);
      const file = new Blob(parts.map((part) => part ?? ""));
      return { about, file, pieces: (size, sums) => piecesOf(files, key, size, sums), sums: () => sumsOf(files, key) };
    }
    return undefined;
  }

  /**
   * @param {string} key
   * @returns {Promise<About | undefined>} what was noted of a model on its way
   */
  async about(key) {
    return (await json(this.#disk, key, "about.json")) ?? json(this.#memory, key, "about.json");
  }

  /**
   * @param {string} key
   * @param {string} name
   * @returns {Promise<Uint8Array | undefined>} a small file of a model, on its way or whole
   */
  async read(key, name) {
    const file = (await this.#disk.read(key, name)) ?? (await this.#memory.read(key, name));
    return file && new Uint8Array(await file.arrayBuffer());
  }

  /**
   * @param {string} key
   * @param {boolean} inMemory
   * @returns {Promise<Draft>}
   */
  open(key, inMemory) {
    return (inMemory ? this.#memory : this.#disk).open(key);
  }

  /**
   * Takes what has come of a model from the disk into memory.
   * @param {string} key
   * @param {string[]} names of its small files
   * @returns {Promise<Draft>}
   */
  async moveToMemory(key, names) {
    const draft = await this.#memory.open(key);
    await draft.truncate(0);
    const body = await this.#disk.read(key, "body");
    if (body) await draft.append(new Uint8Array(await body.arrayBuffer()));
    for (const name of names) {
      const file = await this.#disk.read(key, name);
      if (file) await draft.save(name, new Uint8Array(await file.arrayBuffer()));
    }
    await this.#disk.remove(key);
    return draft;
  }

  /**
   * Notes what was learnt of a whole model, such as its hashes, so that damage shows the next time.
   * @param {string} key
   * @param {About} about
   */
  async note(key, about) {
    const files = (await this.#disk.read(key, "model.json")) ? this.#disk : this.#memory;
    const draft = await files.open(key);
    await draft.save("model.json", jsonBytes(about)).finally(() => draft.close());
  }

  /** @param {string} key */
  async remove(key) {
    await Promise.all([this.#disk.remove(key), this.#memory.remove(key)]);
  }
}

/** @param {ModelFiles} files @param {string} key @param {number} [size] @param {Sums} [sums] */
async function* piecesOf(files, key, size = PIECE, sums) {
  for (const name of /** @type {const} */ (["header", "body"])) {
    const pieces = await piecesOfOne(files, key, name, size);
    if (sums) yield* checked(pieces, sums[name]);
    else yield* pieces;
  }
}

/** @param {ModelFiles} files @param {string} key @param {string} name @param {number} size */
async function piecesOfOne(files, key, name, size) {
  return files.pieces?.(key, name, size) ?? readPieces((await files.read(key, name)) ?? new Blob());
}

/** @param {ModelFiles} files @param {string} key @returns {Promise<Sums>} */
async function sumsOf(files, key) {
  const header = await checksumOf(await piecesOfOne(files, key, "header", SMALL_PIECE));
  return { header, body: await checksumOf(await piecesOfOne(files, key, "body", SMALL_PIECE)) };
}

/** @param {AsyncIterable<Uint8Array>} pieces @param {string} expected */
async function* checked(pieces, expected) {
  const sum = new Checksum();
  for await (const piece of pieces) {
    sum.push(piece);
    yield piece;
  }
  if (sum.digest() !== expected) throw new EngineError("wrong-hash", "the bytes differ from those that were downloaded");
}

/**
 * @param {ModelFiles} files
 * @param {string} key
 * @returns {Promise<StoredModel | undefined>} nothing for a folder that is still empty
 */
async function describe(files, key) {
  const whole = await json(files, key, "model.json");
  const about = whole ?? (await json(files, key, "about.json"));
  if (!about) return undefined;
  const size = async (/** @type {string} */ name) => (await files.read(key, name))?.size ?? 0;
  const [body, header] = await Promise.all([size("body"), size("header")]);
  const bytes = body + header;
  const { name, dtype, total, source, loaded = bytes, version, origin, at } = about;
  const complete = whole !== undefined;
  return { key, name, dtype, complete, bytes, loaded: complete ? total : loaded, total, source, version, origin, at };
}

/**
 * A small file may be met while it is being replaced, empty or with its blob gone stale: it is looked at again.
 * @param {ModelFiles} files
 * @param {string} key
 * @param {string} name
 * @returns {Promise<About | undefined>} nothing for a file that is not there, or was never completed
 */
async function json(files, key, name) {
  for (let looks = 0; looks < LOOKS; looks++) {
    const file = await files.read(key, name);
    if (!file) return undefined;
    try {
      return JSON.parse(await file.text());
    } catch {
      await new Promise((resolve) => setTimeout(resolve, REPLACED));
    }
  }
  return undefined;
}
