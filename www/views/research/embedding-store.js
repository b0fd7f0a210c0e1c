// @ts-check
/**
 * Embeddings between visits, in the origin's private file system: parts of two files each, named by the weights, the run that
 * wrote them and a number. A part's index is written last: without it the part is not there.
 */
/** @import { SavedPart } from "../../../pkg/engine/research/saved-embeddings.js" */

const FOLDER = "embeddings";
/** What earlier versions wrote, who told pictures apart by their names. */
const FORMER = "bench";
/** Digits of the weights' hash in a name: the whole is in the index. */
const DIGITS = 16;

/** @param {string} weights hash of the model */
const prefixOf = (weights) => `${weights.slice(0, DIGITS)}-`;

export const embeddingStore = Object.freeze({
  /** @param {string} weights hash of the model @returns {Promise<SavedPart[]>} the parts that are whole, in order */
  async parts(weights) {
    try {
      const folder = await open();
      /** @type {string[]} */
      const names = [];
      for await (const name of /** @type {any} */ (folder).keys()) if (name.startsWith(prefixOf(weights)) && name.endsWith(".json")) names.push(name);
      return await Promise.all(names.sort().map((name) => partOf(folder, name.slice(0, -".json".length))));
    } catch {
      return []; // no private file system here
    }
  },

  /**
   * @param {string} weights
   * @param {string} set which run this is of
   * @param {number} part
   * @param {{ index: string, values: Uint8Array }} files
   * @returns {Promise<boolean>} whether there was room
   */
  async write(weights, set, part, { index, values }) {
    const name = `${prefixOf(weights)}${set}-${`${part}`.padStart(6, "0")}`;
    try {
      const folder = await open();
      await writeFile(folder, `${name}.f32`, values);
      await writeFile(folder, `${name}.json`, index);
      return true;
    } catch {
      return false;
    }
  },

  /** Removes what some runs wrote. @param {string} weights @param {Iterable<string>} sets */
  async remove(weights, sets) {
    const starts = [...sets].map((set) => `${prefixOf(weights)}${set}-`);
    try {
      const folder = await open();
      /** @type {string[]} */
      const names = [];
      for await (const name of /** @type {any} */ (folder).keys()) if (starts.some((start) => name.startsWith(start))) names.push(name);
      // Indexes first: what is half removed is not there.
      for (const name of names.sort().reverse()) await folder.removeEntry(name);
    } catch {
      // no private file system here: nothing was kept
    }
  },
});

async function open() {
  const root = await navigator.storage.getDirectory();
  await root.removeEntry(FORMER, { recursive: true }).catch(() => {});
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name @returns {Promise<SavedPart>} */
async function partOf(folder, name) {
  const index = await (await folder.getFileHandle(`${name}.json`)).getFile();
  const handle = await folder.getFileHandle(`${name}.f32`).catch(() => null);
  const values = (await handle?.getFile()) ?? new Blob();
  return { set: name.split("-")[1], at: index.lastModified, index, values };
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name @param {Uint8Array | string} content */
async function writeFile(folder, name, content) {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(/** @type {FileSystemWriteChunkType} */ (content));
  await writable.close();
}
