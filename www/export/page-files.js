// @ts-check
/** The files that this page is made of, as its build listed them for offline use. */

import { besideDemo } from "../state/demo.js";

export const LIST = "www/offline/precache.js";
/** Part of the page, and not of its own list. */
const BESIDES = ["service-worker.js", LIST, "www/offline/service-worker.js", "www/offline/development.js", "LICENSE-MIT", "LICENSE-APACHE"];

/**
 * The list as `tools/precache.mjs` wrote it: `files` for every browser, with "./" for index.html, and builds of the engine
 * of which a browser keeps what it can run.
 *
 * @typedef {{ version: string, files: string[], builds: Record<string, string[]>, integrity: Record<string, string> }} OfflineList
 *
 * @returns {Promise<OfflineList>}
 * @throws an error with a sentence
 */
export async function readOfflineList() {
  const list = await (await readPageFile(LIST)).text();
  return JSON.parse(list.slice(list.indexOf("{"), list.lastIndexOf("}") + 1));
}

/**
 * @param {OfflineList} list
 * @returns {string[]} every file of the page: paths with slashes, seen from its folder
 */
export function pageFiles({ files, builds }) {
  const listed = [...files, ...Object.values(builds).flat()];
  return [...listed.map((file) => (file === "./" ? "index.html" : file)), ...BESIDES];
}

/**
 * @param {string} path seen from the page's folder
 * @returns {Promise<Blob>}
 * @throws an error with a sentence
 */
export async function readPageFile(path) {
  const response = await fetch(besideDemo(path)).catch(() => null);
  if (response?.ok) return response.blob();
  const reason = response ? `the host answered ${response.status}` : "the network is down";
  throw new Error(`The page’s file ${path} cannot be read: ${reason}.`);
}
