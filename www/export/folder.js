// @ts-check
/** @import { ExportedDemo } from "./exported-demo.js" */
/** @import { ZipEntry } from "./zip.js" */
/** @import { OfflineList } from "./page-files.js" */
import { sha256 } from "../../pkg/engine/store/sha256.js";
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
  content.set(LIST, await offlineList(list, content, [...files.keys()]));
  /** @type {ZipEntry[]} */
  const entries = [...content].map(([path, blob]) => ({ name: `${name}/${path}`, content: blob }));
  return zip(entries);
}

/**
 * The list of files for offline use with those of the demo, its hashes and its version; puts that into the page as well, as
 * `tools/precache.mjs` does.
 *
 * @param {OfflineList} list
 * @param {Map<string, Blob>} content of the folder
 * @param {string[]} demo the files of the demo
 */
async function offlineList(list, content, demo) {
  /** @type {Record<string, string>} */
  const integrity = {};
  let bytes = 0;
  for (const [path, blob] of content) {
    bytes += blob.size;
    const isCode = path in list.integrity && !demo.includes(path);
    if (isCode) integrity[path] = `sha256-${base64(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))}`;
  }
  const page = ((await content.get("index.html")?.text()) ?? "").replace(/ *<meta name="version" content="[^"]*">\n/, "");
  const version = (await sha256(new TextEncoder().encode(page + JSON.stringify(integrity)))).slice(0, 16);
  const stamped = page.replace(`<meta charset="utf-8">`, `<meta charset="utf-8">\n    <meta name="version" content="${version}">`);
  content.set("index.html", new Blob([stamped], { type: "text/html" }));
  const files = [...new Set([...list.files, ...demo])];
  const changed = { ...list, version, development: false, files, integrity, bytes };
  return new Blob([`self.PRECACHE = ${JSON.stringify(changed, null, 2)};\n`], { type: "text/javascript" });
}

/** @param {ArrayBuffer} bytes */
function base64(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}
