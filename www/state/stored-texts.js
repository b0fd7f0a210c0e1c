// @ts-check
/**
 * Texts that are too long for the address, stored in this browser under a short name that the address contains instead. Only the newest few are stored; if storage is disabled or full, none are.
 */
import { storageKey } from "./remembered.js";

/** Lists in addresses of the history, bookmarks, other tabs. */
const MOST = 8;

/** @typedef {{ name: string, text: string }} KeptText */

export const storedTexts = Object.freeze({
  /**
   * What a text is kept as: how many lines it has, and a hash of it.
   *
   * @param {string} text
   */
  nameOf(text) {
    return `${text.split("\n").length}-${hash(text).toString(36)}`;
  },

  /**
   * @param {string} name
   * @returns {string | null} `null` where it was kept in another browser, or a while ago
   */
  find(name) {
    return read().find((kept) => kept.name === name)?.text ?? null;
  },

  /**
   * @param {string} text
   * @param {string} [instead] the name of one that this one takes the place of
   * @returns {string} its name
   */
  keep(text, instead) {
    const name = storedTexts.nameOf(text);
    const others = read().filter((kept) => kept.name !== name && kept.name !== instead);
    const all = [{ name, text }, ...others].slice(0, MOST);
    while (all.length > 0 && !written(all)) all.pop();
    return name;
  },
});

const key = () => storageKey("texts");

/** @returns {KeptText[]} */
function read() {
  try {
    const all = JSON.parse(localStorage.getItem(key()) ?? "[]");
    return Array.isArray(all) ? all.filter((kept) => typeof kept?.name === "string" && typeof kept.text === "string") : [];
  } catch {
    return [];
  }
}

/** @param {KeptText[]} all @returns {boolean} whether there was room */
function written(all) {
  try {
    localStorage.setItem(key(), JSON.stringify(all));
    return true;
  } catch {
    return false;
  }
}

/** FNV-1a over UTF-16 units, 32 bits: it tells the lists of one browser apart, and guards nothing. @param {string} text */
function hash(text) {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return value >>> 0;
}
