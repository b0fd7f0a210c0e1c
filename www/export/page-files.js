// @ts-check
/** The files that this page is made of, as its build listed them for offline use. */

const ROOT = new URL("../../", import.meta.url);
const LIST = "www/offline/precache.js";
/** Part of the page, and not of its own list: the browser keeps them with the service worker. */
const BESIDES = ["service-worker.js", LIST, "www/offline/service-worker.js"];

/**
 * @returns {Promise<string[]>} paths with slashes, seen from the page's folder
 * @throws an error with a sentence
 */
export async function pageFiles() {
  const list = await (await readPageFile(LIST)).text();
  /** @type {{ files: string[], flavours: Record<string, string[]> }} */
  const { files, flavours } = JSON.parse(list.slice(list.indexOf("{"), list.lastIndexOf("}") + 1));
  const named = files.map((file) => (file === "./" ? "index.html" : file));
  return [...named, ...Object.values(flavours).flat(), ...BESIDES];
}

/**
 * @param {string} path seen from the page's folder
 * @returns {Promise<Blob>}
 * @throws an error with a sentence
 */
export async function readPageFile(path) {
  const response = await fetch(new URL(path, ROOT)).catch(() => null);
  if (response?.ok) return response.blob();
  const reason = response ? `the host answered ${response.status}` : "the network is down";
  throw new Error(`The page’s own file ${path} cannot be read: ${reason}.`);
}
