// @ts-check
/**
 * CLIP_benchmark's webdatasets: .tar archives of pictures and `.cls` files, with `classnames.txt` and
 * `zeroshot_classification_templates.txt`. Only where things lie is read here; a picture is cut out of its archive when its
 * turn comes.
 */
/** @import { DataFiles, Inside } from "./data-files.js" */
import { byCodePoint } from "./by-code-point.js";

const CLASS_NAMES = "classnames.txt";
const TEMPLATES = "zeroshot_classification_templates.txt";
const PICTURE = /\.(jpe?g|png|webp|gif|bmp)$/i;
/** A header and what it describes begin at multiples of this. */
const BLOCK = 512;
/** Bytes that are looked at together: headers lie close where files are small. */
const WINDOW = 1 << 16;
/** A long name in front of its file; longer ones are none. */
const MOST_NAME = 1 << 16;

/** @param {Inside[]} files @returns {Promise<Omit<DataFiles, "title">>} */
export async function archivesOf(files) {
  const lines = async (/** @type {string} */ wanted) => {
    const text = await files.find(({ name }) => name.split("/").at(-1) === wanted)?.file.text();
    return (text ?? "").split("\n").map((line) => line.trim()).filter((line) => line !== "");
  };
  const classes = await lines(CLASS_NAMES);
  if (classes.length === 0) throw new Error(`There is no ${CLASS_NAMES} beside the archive: it names the classes.`);
  const templates = (await lines(TEMPLATES)).map((template) => template.replaceAll("{c}", "{}"));
  const all = files.filter(({ name }) => name.endsWith(".tar"));
  const ofTest = all.filter(({ name }) => /(^|\/)test\//.test(name));
  const archives = (ofTest.length > 0 ? ofTest : all).sort((a, b) => byCodePoint(a.name, b.name));
  const entries = [];
  for (const { name, file } of archives) {
    const isAlone = archives.filter((other) => other.file.name === file.name).length === 1;
    entries.push(...(await samplesOf(file, isAlone ? file.name : name, classes)));
  }
  return { entries, classes, ...(templates.length > 0 && { templates }) };
}

/** The pictures of an archive with their labels, by name. @param {File} archive @param {string} called @param {string[]} classes */
async function samplesOf(archive, called, classes) {
  /** @type {Map<string, { picture?: { name: string, part: Blob }, label?: string }>} */
  const samples = new Map();
  for await (const { name, part } of filesIn(archive)) {
    const dot = name.lastIndexOf(".");
    if (dot < 0) continue;
    const sample = samples.get(name.slice(0, dot)) ?? {};
    samples.set(name.slice(0, dot), sample);
    if (PICTURE.test(name)) sample.picture = { name: `${called}/${name}`, part };
    else if (/\.cls$/i.test(name)) sample.label = labelOf(await part.slice(0, 32).text(), name, classes);
  }
  return [...samples.entries()]
    .sort(([a], [b]) => byCodePoint(a, b))
    .flatMap(([, { picture, label = null }]) => (picture ? [{ name: picture.name, label, size: picture.part.size, read: async () => picture.part }] : []));
}

/** @param {string} text @param {string} name @param {string[]} classes */
function labelOf(text, name, classes) {
  const label = /^\s*\d+\s*$/.test(text) ? classes[Number(text)] : undefined;
  if (label === undefined) throw new Error(`${name} holds “${text.trim()}”; one of 0 to ${classes.length - 1} was expected.`);
  return label;
}

/**
 * Each file of a tar archive (POSIX ustar with GNU's and pax's long names), and where it lies.
 *
 * @param {File} archive
 * @returns {AsyncGenerator<{ name: string, part: Blob }>}
 */
async function* filesIn(archive) {
  const read = windowed(archive);
  let longName = "";
  for (let at = 0; at + BLOCK <= archive.size; ) {
    const header = await read(at);
    if (header.every((byte) => byte === 0)) return;
    const size = sizeOf(header);
    const [start, kind] = [at + BLOCK, String.fromCharCode(header[156])];
    if (!Number.isSafeInteger(size) || start + size > archive.size) throw new Error(`${archive.name} is cut off, or is no tar archive.`);
    const part = archive.slice(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (kind === "L") longName = text(new Uint8Array(await part.slice(0, MOST_NAME).arrayBuffer()));
    else if (kind === "x") longName = /\d+ path=([^\n]*)\n/.exec(await part.slice(0, MOST_NAME).text())?.[1] ?? "";
    else if (kind === "0" || kind === "\0") {
      const [prefix, name] = [text(header.subarray(345, 500)), text(header.subarray(0, 100))];
      yield { name: longName || (prefix ? `${prefix}/${name}` : name), part };
      longName = "";
    }
  }
}

/** Octal digits, or a number in binary where they do not suffice. @param {Uint8Array} header */
function sizeOf(header) {
  const field = header.subarray(124, 136);
  if (field[0] & 0x80) return field.subarray(1).reduce((size, byte) => size * 256 + byte, 0);
  return Number.parseInt(text(field).trim() || "0", 8);
}

/** What stands before the first zero. @param {Uint8Array} bytes */
function text(bytes) {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** Reads blocks of a file, some more with each. @param {Blob} file @returns {(at: number) => Promise<Uint8Array>} */
function windowed(file) {
  let [from, bytes] = [0, new Uint8Array(0)];
  return async (at) => {
    if (at < from || at + BLOCK > from + bytes.length) {
      [from, bytes] = [at, new Uint8Array(await file.slice(at, at + WINDOW).arrayBuffer())];
    }
    return bytes.subarray(at - from, at - from + BLOCK);
  };
}
