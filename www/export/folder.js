// @ts-check
/** @import { ExportedDemo } from "./exported-demo.js" */
/** @import { ZipEntry } from "./zip.js" */
import { pageFiles, readPageFile } from "./page-files.js";
import { zip } from "./zip.js";

const LIST = "www/offline/precache.js";
const LICENSES = ["LICENSE-MIT", "LICENSE-APACHE"];

/**
 * Packs the page with a demo into a ZIP file, to unpack on any static host.
 *
 * @param {ExportedDemo} exported
 * @param {string} name of the folder in it
 * @returns {Promise<Blob>}
 * @throws an error with a sentence
 */
export async function folderArchive({ files }, name) {
  /** @type {Map<string, Blob>} */
  const content = new Map();
  for (const path of [...(await pageFiles()), ...LICENSES]) content.set(path, files.get(path) ?? (await readPageFile(path)));
  for (const [path, blob] of files) content.set(path, blob);
  content.set(LIST, await offlineList([...content.keys()], files));
  /** @type {ZipEntry[]} */
  const entries = [...content].map(([path, blob]) => ({ name: `${name}/${path}`, content: blob }));
  return zip(entries);
}

/**
 * The list of files for offline use, whose version must change with the demo.
 *
 * @param {string[]} paths
 * @param {Map<string, Blob>} files of the demo
 */
async function offlineList(paths, files) {
  const was = await (await readPageFile(LIST)).text();
  const told = await Promise.all([...files].map(async ([path, blob]) => `${path} ${await blob.slice(0, 65536).text()}`));
  const version = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(was + told.join())));
  const listed = paths.filter((path) => !/(^|\/)(service-worker|precache)\.js$|^LICENSE/.test(path));
  const list = {
    version: [...version.slice(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
    files: listed.map((path) => (path === "index.html" ? "./" : path)),
  };
  return new Blob([`self.PRECACHE = ${JSON.stringify(list, null, 2)};\n`], { type: "text/javascript" });
}
