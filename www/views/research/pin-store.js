// @ts-check
/**
 * Pinned runs between visits, in the origin's private file system: a file each, whose first line is the SHA-256 of the rest.
 * What is damaged, or was written in another form, is as if it were not there. Each page of a host has its own.
 */
import { sha256 } from "../../../pkg/engine/store/sha256.js";

/** @import { Pin } from "./pin-board.js" */

const FOLDER = "pins";
/** What a file holds changes with this number. */
const FORM = 1;
/** Digits of a time in milliseconds, so that names are in the order of time. */
const TIME_DIGITS = 15;

const hashOf = (/** @type {string} */ text) => sha256(new TextEncoder().encode(text));
const pageOf = () => location.pathname.replace(/index\.html$/, "");

export const pinStore = Object.freeze({
  /** @param {string} kind of runs @returns {Promise<Pin[]>} the oldest first */
  async read(kind) {
    try {
      const folder = await open();
      /** @type {string[]} */
      const names = [];
      for await (const name of /** @type {any} */ (folder).keys()) if (name.startsWith(`${kind}-`)) names.push(name);
      const pins = await Promise.all(names.sort().map((name) => pinOf(folder, name)));
      return pins.filter((pin) => pin !== null);
    } catch {
      return []; // no private file system here
    }
  },

  /** @param {string} kind @param {Pin} pin @returns {Promise<boolean>} whether there was room */
  async write(kind, { id, name, subject, result }) {
    const text = JSON.stringify({ form: FORM, page: pageOf(), name, subject, result });
    try {
      const file = await (await open()).getFileHandle(`${kind}-${id}`, { create: true });
      const writable = await file.createWritable(); // takes the file's place when it is closed, whole
      await writable.write(`${await hashOf(text)}\n${text}`);
      await writable.close();
      return true;
    } catch {
      return false;
    }
  },

  /** @param {string} kind @param {Pin} pin */
  async remove(kind, { id }) {
    try {
      await (await open()).removeEntry(`${kind}-${id}`);
    } catch {
      // it was not kept
    }
  },

  /** What a new pin is kept under: no other tab has the same. */
  newId() {
    return `${`${Date.now()}`.padStart(TIME_DIGITS, "0")}-${crypto.getRandomValues(new Uint32Array(1))[0].toString(36)}`;
  },
});

async function open() {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
}

/** @param {FileSystemDirectoryHandle} folder @param {string} file @returns {Promise<Pin | null>} nothing where it is not this page's, or damaged */
async function pinOf(folder, file) {
  try {
    const content = await (await (await folder.getFileHandle(file)).getFile()).text();
    const end = content.indexOf("\n");
    const text = content.slice(end + 1);
    if ((await hashOf(text)) !== content.slice(0, end)) return null;
    const { form, page, name, subject, result } = JSON.parse(text);
    return form === FORM && page === pageOf() ? { id: file.slice(file.indexOf("-") + 1), name, subject: Object.freeze(subject), result } : null;
  } catch {
    return null;
  }
}
