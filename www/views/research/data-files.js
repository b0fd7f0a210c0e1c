// @ts-check
/**
 * Turns dropped or chosen files into labelled pictures.
 *
 * @typedef {object} Entry a picture of a data set, not read yet
 * @property {string} name its path inside the data, parts joined by `/`
 * @property {string | null} label
 * @property {() => Promise<Blob>} read
 *
 * @typedef {object} DataFiles
 * @property {string} title
 * @property {Entry[]} entries by name
 *
 * @typedef {(text: string, json: boolean) => Promise<{ file: string, label: string | null }[]>} ReadTable
 */

/** Notes that lie beside pictures. */
const NO_PICTURE = /(^|\/)\.|\.(md|txt|csv|json|npy)$/i;
const TABLE = /\.(csv|json)$/i;

/**
 * @param {{ path: string, file: File }[]} files with the folder that was chosen as the first part of each path
 * @param {ReadTable} readTable
 * @returns {Promise<DataFiles>}
 */
export async function dataOfFiles(files, readTable) {
  const title = files[0]?.path.split("/")[0] ?? "";
  const inside = files.map(({ path, file }) => ({ name: path.split("/").slice(1).join("/") || path, file }));
  const pictures = inside.filter(({ name }) => !NO_PICTURE.test(name));
  const entries = pictures.map(({ name, file }) => ({ name, label: folderLabel(name), read: async () => file }));
  const unlabelled = entries.every(({ label }) => label === null);
  const table = inside.find(({ name }) => TABLE.test(name));
  const labelled = unlabelled && table ? await withTable(entries, table.file, readTable) : entries;
  return { title, entries: labelled.sort((a, b) => order(a.name, b.name)) };
}

/** The folder a picture lies in is its label; underscores read as spaces. @param {string} name */
function folderLabel(name) {
  const parts = name.split("/");
  return parts.length > 1 ? parts[0].replaceAll("_", " ") : null;
}

/**
 * @param {Entry[]} entries
 * @param {File} table
 * @param {ReadTable} readTable
 */
async function withTable(entries, table, readTable) {
  const lines = await readTable(await table.text(), table.name.endsWith(".json"));
  const labels = new Map(lines.map(({ file, label }) => [file, label]));
  return entries.filter(({ name }) => labels.has(name)).map((entry) => ({ ...entry, label: labels.get(entry.name) ?? null }));
}

/** The order of the command line: folder by folder. @param {string} a @param {string} b */
function order(a, b) {
  const [left, right] = [a.split("/"), b.split("/")];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    if (left[index] !== right[index]) return left[index] < right[index] ? -1 : 1;
  }
  return left.length - right.length;
}

/**
 * The files of what was dropped, folders opened.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<{ path: string, file: File }[]>}
 */
export async function droppedFiles(transfer) {
  const roots = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  /** @type {{ path: string, file: File }[]} */
  const found = [];
  for (const root of roots) await collect(root, found);
  return found;
}

/**
 * @param {FileSystemEntry} entry
 * @param {{ path: string, file: File }[]} found
 */
async function collect(entry, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => /** @type {FileSystemFileEntry} */ (entry).file(resolve, reject));
    found.push({ path: entry.fullPath.replace(/^\//, ""), file });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return;
    for (const inner of some) await collect(inner, found);
  }
}

/** The drawings that come with the page. @param {ReadTable} readTable @returns {Promise<DataFiles & { groups: string }>} */
export async function bundledDrawings(readTable) {
  const base = new URL("../../../datasets/drawings/", import.meta.url);
  const response = await fetch(new URL("by-hand.csv", base));
  if (!response.ok) throw new Error(`The drawings cannot be fetched: the host answers ${response.status}.`);
  const groups = await response.text();
  const lines = await readTable(groups, false);
  const entry = (/** @type {string} */ name) => ({
    name,
    label: folderLabel(name),
    read: async () => (await fetch(new URL(name, base))).blob(),
  });
  const entries = lines.map(({ file }) => entry(file)).sort((a, b) => order(a.name, b.name));
  return { title: "the drawings of this page", entries, groups };
}
