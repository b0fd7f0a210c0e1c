// @ts-check
/** The model that the page begins with, by its record: what tests expect to read on the page. */
import { readFileSync } from "node:fs";

/** @param {string} name @returns {any} */
const read = (name) => JSON.parse(readFileSync(`models/${name}.json`, "utf8"));
const [first] = read("index");

/** @type {{ id: string, name: string, dtype: string, file: string, names: string, templates: string[] }} */
export const EMBEDDED = read(first);
/** The other model that comes with the page. */
export const DRAWINGS = "emoji-clip";
