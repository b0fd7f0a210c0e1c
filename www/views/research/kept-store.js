// @ts-check
/**
 * Kept embeddings between visits, in the origin's private file system: parts that follow each other, two files each, named by
 * the weights and the data. A part's table is written last: without it the part is not there, nor any after it.
 */
import { sha256 } from "../../engine/sha256.js";

const FOLDER = "bench";

/** @typedef {{ npy: Uint8Array, csv: string }} KeptFiles */

/**
 * @param {string} weights hash of the model
 * @param {string[]} names of the pictures
 * @returns {Promise<string>}
 */
export async function keyOf(weights, names) {
  const bytes = new TextEncoder().encode([weights, ...names].join("\n"));
  return (await sha256(bytes)).slice(0, 32);
}

export const keptStore = Object.freeze({
  /** @param {string} key @returns {Promise<KeptFiles[]>} the parts that are whole, in order */
  async read(key) {
    /** @type {KeptFiles[]} */
    const parts = [];
    try {
      const folder = await open();
      for (;;) parts.push(await readPart(folder, `${key}-${parts.length}`));
    } catch {
      return parts; // the next part is not there
    }
  },

  /** @param {string} key @param {number} part @param {KeptFiles} files @returns {Promise<boolean>} whether there was room */
  async write(key, part, { npy, csv }) {
    try {
      const folder = await open();
      await folder.removeEntry(`${key}-${part}.csv`).catch(() => {});
      await writeFile(folder, `${key}-${part}.npy`, npy);
      await writeFile(folder, `${key}-${part}.csv`, csv);
      return true;
    } catch {
      return false;
    }
  },

  /** @param {string} key */
  async remove(key) {
    const folder = await open();
    for await (const name of /** @type {any} */ (folder).keys()) if (name.startsWith(`${key}-`)) await folder.removeEntry(name);
  },
});

async function open() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name */
async function readPart(folder, name) {
  const csv = await (await folder.getFileHandle(`${name}.csv`)).getFile();
  const npy = await (await folder.getFileHandle(`${name}.npy`)).getFile();
  return { npy: new Uint8Array(await npy.arrayBuffer()), csv: await csv.text() };
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name @param {Uint8Array | string} content */
async function writeFile(folder, name, content) {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(/** @type {FileSystemWriteChunkType} */ (content));
  await writable.close();
}
