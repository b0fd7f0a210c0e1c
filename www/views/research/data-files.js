// @ts-check
/**
 * Turns dropped or chosen files into labelled pictures: a folder per label, a table of files and labels, CLIP_benchmark archives, or saved embeddings. Labels and their order are those of the command line.
 *
 * @typedef {object} Entry a picture of a data set, not read yet
 * @property {string} name its path inside the data, parts joined by `/`
 * @property {string | null} label
 * @property {number} [size] in bytes, where that is known before it is read
 * @property {() => Promise<Blob>} [read] not there where only the embedding is
 *
 * @typedef {object} DataFiles
 * @property {string} title
 * @property {Entry[]} entries
 * @property {string[]} [classes] the labels that there are, where the data says so itself
 * @property {string[]} [templates] that came with the data
 * @property {string} [groups] a table of file and group
 * @property {{ name: string, reason: string }[]} [left] what is left out, and why
 * @property {{ npy: Uint8Array, csv: string }} [kept] embeddings in place of pictures
 *
 * @typedef {{ name: string, file: File }} Inside a file, and its path inside the data
 * @typedef {(text: string, json: boolean) => Promise<{ file: string, label: string | null }[]>} ReadTable
 */
import { archivesOf } from "./archives.js";
import { byCodePoint } from "./by-code-point.js";
import { dataRoot, folderLabel, foldersOf, inFolders, titleOf } from "./folders.js";
import { textOf } from "./text-of.js";

/** Notes that lie beside pictures. */
const NO_PICTURE = /(^|\/)\.|\.(md|txt|csv|tsv|json|npy)$/i;
const TABLE = /\.(csv|tsv|json)$/i;

/**
 * @param {{ path: string, file: File }[]} files with the folder that was chosen as the first part of each path
 * @param {ReadTable} readTable
 * @returns {Promise<DataFiles>}
 */
export async function dataOfFiles(files, readTable) {
  const { title, prefix } = dataRoot(files.map(({ path }) => path));
  const inside = inOrder(told(files.map(({ path, file }) => ({ name: path.slice(prefix.length), file }))));
  const npy = inside.find(({ name }) => /(^|\/)[^/.][^/]*\.npy$/.test(name));
  if (npy) return keptElsewhere(npy, inside, readTable);
  const archives = inside.filter(({ name }) => /(^|\/)[^/.][^/]*\.tar$/.test(name));
  if (archives.length > 0) return { title: prefix ? title : titleOf(archives.map(({ name }) => name)), ...(await archivesOf(inside)) };
  const tables = inside.filter(({ name }) => TABLE.test(name) && !/^\.|\//.test(name));
  const pictures = inside.filter(({ name }) => !NO_PICTURE.test(name));
  // A table beside the folders of several classes says something else of them: groups, perhaps.
  const [table] = prefix && foldersOf(pictures.map(({ name }) => name)).length > 1 ? [] : tables;
  if (table) return withoutDoubles({ title: prefix ? title : table.name, ...(await listed(pictures, table.file, readTable)) });
  return { title, ...inFolders(inside.map(({ name }) => name), pictures, title) };
}

/**
 * What a table lists, in its order. @param {Inside[]} pictures @param {File} table @param {ReadTable} readTable
 * @returns {Promise<Omit<DataFiles, "title">>}
 */
async function listed(pictures, table, readTable) {
  const lines = await readTable(await textOf(table), /\.json$/i.test(table.name));
  const files = new Map(pictures.map(({ name, file }) => [name, file]));
  const absent = lines.filter(({ file }) => !files.has(file));
  const entries = lines.flatMap(({ file, label }) => {
    const found = files.get(file);
    return found ? [{ name: file, label, size: found.size, read: async () => found }] : [];
  });
  const named = new Set(lines.map(({ file }) => file));
  const unlisted = pictures.filter(({ name }) => !named.has(name));
  const left = [
    ...absent.map(({ file: name }) => ({ name, reason: `${table.name} names it, but it is not among the files` })),
    ...unlisted.map(({ name }) => ({ name, reason: `${table.name} does not name it` })),
  ];
  return { entries, classes: sorted(lines), left };
}

/** @param {{ label: string | null }[]} lines */
function sorted(lines) {
  const labels = lines.map(({ label }) => label).filter((label) => label !== null);
  return [...new Set(labels)].sort(byCodePoint);
}

/**
 * Embeddings with the table that lies beside them. @param {Inside} npy @param {Inside[]} inside @param {ReadTable} readTable
 * @returns {Promise<DataFiles>}
 */
async function keptElsewhere({ name, file }, inside, readTable) {
  const stem = name.replace(/\.npy$/, "");
  const beside = inside.find((other) => other.name === `${stem}.csv`);
  if (!beside) throw new Error(`${name} needs ${stem}.csv beside it, the table of files and labels for its rows.`);
  const csv = await textOf(beside.file);
  const lines = await readTable(csv, false);
  const entries = lines.map(({ file, label }) => ({ name: file, label }));
  const kept = { npy: new Uint8Array(await file.arrayBuffer()), csv };
  return { title: name, entries, classes: sorted(lines), kept };
}

/**
 * Files of one path, as those of two folders of one name have them, are different files: the second is told from the first.
 *
 * @param {Inside[]} files
 */
function told(files) {
  const names = new Set(files.map(({ name }) => name));
  /** @type {Set<string>} */
  const taken = new Set();
  return files.map(({ name, file }) => {
    let called = name;
    for (let number = 2; taken.has(called) || (called !== name && names.has(called)); number += 1) {
      called = name.replace(/(\.[^./]*)?$/, ` (${number})$1`);
    }
    taken.add(called);
    return { name: called, file };
  });
}

/** What a table lists more than once counts once. @param {DataFiles} data @returns {DataFiles} */
function withoutDoubles({ entries, left = [], ...data }) {
  const once = new Map([...entries].reverse().map((entry) => [entry.name, entry]));
  const isFirst = (/** @type {Entry} */ entry) => once.get(entry.name) === entry;
  const doubles = entries.filter((entry) => !isFirst(entry));
  return { ...data, entries: entries.filter(isFirst), left: [...left, ...doubles.map(({ name }) => ({ name, reason: "it is listed more than once; it counts once" }))] };
}

/**
 * In the order of the command line, folder by folder.
 *
 * @template {{ name: string }} Named
 * @param {Named[]} files
 */
function inOrder(files) {
  const keyed = files.map((file) => ({ file, parts: file.name.split("/") }));
  return keyed.sort((a, b) => byParts(a.parts, b.parts)).map(({ file }) => file);
}

/** Part by part; what ends first comes first. @param {string[]} a @param {string[]} b */
function byParts(a, b) {
  const place = a.findIndex((part, index) => part !== b[index]);
  if (place < 0) return a.length - b.length;
  return place < b.length ? byCodePoint(a[place], b[place]) : 1;
}

/** The drawings that come with the page. @param {ReadTable} readTable @returns {Promise<DataFiles>} */
export async function bundledDrawings(readTable) {
  const base = new URL("../../../datasets/drawings/", import.meta.url);
  const groups = await (await fetched(new URL("by-hand.csv", base))).text();
  const lines = await readTable(groups, false);
  const entry = (/** @type {string} */ name) => ({
    name,
    label: folderLabel(name),
    read: async () => (await fetched(new URL(name, base))).blob(),
  });
  const entries = inOrder(lines.map(({ file }) => entry(file)));
  return { title: "the built-in drawings", entries, groups };
}

/** @param {URL} address */
async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`The drawings cannot be fetched: the host answered ${response.status}.`);
  return response;
}
