// @ts-check
/**
 * Kept embeddings between visits: two files in the origin's private file system, named by the weights and the data. The
 * table is written last, so that without it there is nothing to go on from.
 */

const FOLDER = "bench";

/** @typedef {{ npy: Uint8Array, csv: string }} KeptFiles */

/**
 * @param {string} weights hash of the model
 * @param {string[]} names of the pictures
 * @returns {Promise<string>}
 */
export async function keyOf(weights, names) {
  const bytes = new TextEncoder().encode([weights, ...names].join("\n"));
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...hash.slice(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const keptStore = Object.freeze({
  /** @param {string} key @returns {Promise<KeptFiles | null>} null where nothing is kept */
  async read(key) {
    try {
      const folder = await open();
      const csv = await (await folder.getFileHandle(`${key}.csv`)).getFile();
      const npy = await (await folder.getFileHandle(`${key}.npy`)).getFile();
      return { npy: new Uint8Array(await npy.arrayBuffer()), csv: await csv.text() };
    } catch {
      return null;
    }
  },

  /** @param {string} key @param {KeptFiles} files @returns {Promise<boolean>} whether there was room */
  async write(key, { npy, csv }) {
    try {
      const folder = await open();
      await folder.removeEntry(`${key}.csv`).catch(() => {});
      await writeFile(folder, `${key}.npy`, npy);
      await writeFile(folder, `${key}.csv`, csv);
      return true;
    } catch {
      return false;
    }
  },
});

async function open() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

/** @param {FileSystemDirectoryHandle} folder @param {string} name @param {Uint8Array | string} content */
async function writeFile(folder, name, content) {
  const writable = await (await folder.getFileHandle(name, { create: true })).createWritable();
  await writable.write(/** @type {FileSystemWriteChunkType} */ (content));
  await writable.close();
}
