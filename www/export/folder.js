// @ts-check
/** @import { ExportedDemo } from "./exported-demo.js" */
/** @import { ZipEntry } from "./zip.js" */
/** @import { OfflineList } from "./page-files.js" */
import { sha256 } from "../engine/sha256.js";
import { LIST, pageFiles, readOfflineList, readPageFile } from "./page-files.js";
import { zip } from "./zip.js";

/**
 * Packs the page with a demo into a ZIP file, to unpack on any static host.
 *
 * @param {ExportedDemo} exported
 * @param {string} name of the folder in it
 * @returns {Promise<Blob>}
 * @throws an error with a sentence
 */
export async function folderArchive({ files }, name) {
  const list = await readOfflineList();
  /** @type {Map<string, Blob>} */
  const content = new Map();
  for (const path of pageFiles(list)) content.set(path, files.get(path) ?? (await readPageFile(path)));
  for (const [path, blob] of files) content.set(path, blob);
  content.set(LIST, await offlineList(list, files));
  /** @type {ZipEntry[]} */
  const entries = [...content].map(([path, blob]) => ({ name: `${name}/${path}`, content: blob }));
  return zip(entries);
}

/**
 * The list of files for offline use with those of the demo; its version changes with them.
 *
 * @param {OfflineList} list
 * @param {Map<string, Blob>} files of the demo
 */
async function offlineList(list, files) {
  const told = await Promise.all([...files].map(async ([path, blob]) => `${path} ${await blob.slice(0, 65536).text()}`));
  const bytes = new TextEncoder().encode(list.version + told.join());
  const version = (await sha256(bytes)).slice(0, 16);
  const changed = { ...list, version, files: [...new Set([...list.files, ...files.keys()])] };
  return new Blob([`self.PRECACHE = ${JSON.stringify(changed, null, 2)};\n`], { type: "text/javascript" });
}
