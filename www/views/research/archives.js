// @ts-check
/**
 * CLIP_benchmark's webdatasets: .tar archives of pictures and `.cls` files, with `classnames.txt` and
 * `zeroshot_classification_templates.txt`. Only where things lie is read here; a picture is cut out of its archive when its
 * turn comes.
 */
/** @import { DataFiles, Inside } from "./data-files.js" */
import { byCodePoint } from "./by-code-point.js";
import { refusePointer, textOf } from "./text-of.js";

const CLASS_NAMES = "classnames.txt";
const TEMPLATES = "zeroshot_classification_templates.txt";
/** Of several pictures of one sample the first of these counts, in CLIP_benchmark's order; the last two it does not know. */
const PICTURES = ["webp", "png", "jpg", "jpeg", "gif", "bmp"];
/** What compressed archives begin with. @type {[number[], string][]} */
const COMPRESSED = [[[0x1f, 0x8b], "gzip"], [[0x42, 0x5a, 0x68], "bzip2"], [[0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz"], [[0x28, 0xb5, 0x2f, 0xfd], "zstd"]];
/** A header and what it describes begin at multiples of this. */
const BLOCK = 512;
/** Bytes that are looked at together: headers lie close where files are small. */
const WINDOW = 1 << 16;
/** A long name in front of its file; longer ones are none. */
const MOST_NAME = 1 << 16;

/** @param {Inside[]} files @returns {Promise<Omit<DataFiles, "title">>} */
export async function archivesOf(files) {
  const lines = async (/** @type {string} */ wanted) => {
    const found = files.find(({ name }) => name.split("/").at(-1) === wanted);
    return ((found && (await textOf(found.file))) ?? "").split("\n").map((line) => line.trim());
  };
  const classes = classNames(await lines(CLASS_NAMES));
  if (classes.length === 0) throw new Error(`There is no ${CLASS_NAMES} beside the archive; it is needed to name the classes.`);
  const named = (await lines(TEMPLATES)).filter((line) => line !== "");
  const templates = named.map((template) => template.replaceAll("{c}", "{}"));
  const all = files.filter(({ name }) => /(^|\/)[^/.][^/]*\.tar$/.test(name));
  const ofTest = all.filter(({ name }) => /(^|\/)test\//.test(name));
  const archives = (ofTest.length > 0 ? ofTest : all).sort((a, b) => byCodePoint(a.name, b.name));
  const entries = [];
  for (const { name, file } of archives) {
    const isAlone = archives.filter((other) => other.file.name === file.name).length === 1;
    entries.push(...(await samplesOf(file, isAlone ? file.name : name, classes)));
  }
  return { entries, classes, ...(templates.length > 0 && { templates }) };
}

/** A class's index is its line: one that is blank with others after it has none. @param {string[]} lines */
function classNames(lines) {
  const names = [...lines];
  while (names.at(-1) === "") names.pop();
  const blank = names.indexOf("");
  if (blank >= 0) throw new Error(`Line ${blank + 1} of ${CLASS_NAMES} is blank, but line numbers are class indices.`);
  return names;
}

/** The pictures of an archive with their labels, by name. @param {File} archive @param {string} called @param {string[]} classes */
async function samplesOf(archive, called, classes) {
  /** @typedef {{ pictures: Map<string, { name: string, part: Blob }>, label?: string }} Sample */
  /** @type {Map<string, Sample>} */
  const samples = new Map();
  for await (const { name, part } of filesIn(archive)) {
    const { key, suffix } = partsOf(name) ?? {};
    if (key === undefined || suffix === undefined || !(suffix === "cls" || PICTURES.includes(suffix))) continue;
    /** @type {Sample} */
    const sample = samples.get(key) ?? { pictures: new Map() };
    samples.set(key, sample);
    if (suffix === "cls" ? sample.label !== undefined : sample.pictures.has(suffix)) throw new Error(`${archive.name} contains ${name} twice.`);
    if (suffix === "cls") sample.label = labelOf(await part.slice(0, 32).text(), name, classes);
    else sample.pictures.set(suffix, { name: `${called}/${name}`, part });
  }
  return [...samples.entries()]
    .sort(([a], [b]) => byCodePoint(a, b))
    .flatMap(([, { pictures, label = null }]) => {
      const suffix = PICTURES.find((known) => pictures.has(known)) ?? "";
      const picture = pictures.get(suffix);
      return picture ? [{ name: picture.name, label, size: picture.part.size, read: async () => picture.part }] : [];
    });
}

/**
 * The key and the suffix of a name, split at the first dot of its last part; nothing where that part begins with the dot,
 * as in `._s0.png` of an archive made on macOS, or has none, and for webdataset's own metadata, `__name__` and its contents.
 * @param {string} name
 */
function partsOf(name) {
  if (/^__[^/]*__($|\/)/.test(name)) return undefined;
  const last = name.lastIndexOf("/") + 1;
  const dot = name.indexOf(".", last);
  return dot > last ? { key: name.slice(0, dot), suffix: name.slice(dot + 1).toLowerCase() } : undefined;
}

/** @param {string} text @param {string} name @param {string[]} classes */
function labelOf(text, name, classes) {
  const label = /^\s*\+?\d+\s*$/.test(text) ? classes[Number(text)] : undefined;
  if (label === undefined) throw new Error(`${name} contains “${text.trim()}”; expected a number from 0 to ${classes.length - 1}.`);
  return label;
}

/**
 * Each file of a tar archive (POSIX ustar with GNU's and pax's long names), and where it lies.
 *
 * @param {File} archive
 * @returns {AsyncGenerator<{ name: string, part: Blob }>}
 */
async function* filesIn(archive) {
  const beginning = new Uint8Array(await archive.slice(0, BLOCK).arrayBuffer());
  refusePointer(beginning, archive.name);
  const format = COMPRESSED.find(([magic]) => magic.every((byte, place) => beginning[place] === byte))?.[1];
  if (format) throw new Error(`${archive.name} is compressed with ${format}: decompress it first.`);
  const read = windowed(archive);
  /** What a header says of the file after it. @type {{ path?: string, size?: string, sparse?: boolean }} */
  let told = {};
  for (let at = 0; at + BLOCK <= archive.size; ) {
    const header = await read(at);
    if (header.every((byte) => byte === 0)) return;
    const kind = String.fromCharCode(header[156]);
    const isFile = "07S\0".includes(kind);
    const size = isFile && told.size !== undefined ? Number(told.size) : sizeOf(header);
    const start = at + BLOCK;
    if (!isWhole(header) || !Number.isSafeInteger(size) || size < 0 || start + size > archive.size) {
      throw new Error(`${archive.name} is truncated, or not a tar archive.`);
    }
    const part = archive.slice(start, start + size);
    at = start + Math.ceil(size / BLOCK) * BLOCK;
    if (kind === "L") told = { ...told, path: text(new Uint8Array(await part.slice(0, MOST_NAME).arrayBuffer())) };
    else if (kind === "x") told = { ...told, ...paxOf(new Uint8Array(await part.slice(0, MOST_NAME).arrayBuffer())) };
    else if (isFile) {
      const [prefix, short] = [isUstar(header) ? text(header.subarray(345, 500)) : "", text(header.subarray(0, 100))];
      const name = told.path ?? (prefix ? `${prefix}/${short}` : short);
      if (kind === "S" || told.sparse) throw new Error(`${archive.name}: ${name} is stored as a sparse file, which cannot be read here.`);
      told = {};
      // Archives from before there were types mark a folder by its name.
      if (!(kind === "\0" && name.endsWith("/"))) yield { name, part };
    } else if (kind !== "g" && kind !== "K") told = {};
  }
}

/** GNU's headers have no prefix. @param {Uint8Array} header */
function isUstar(header) {
  return text(header.subarray(257, 263)) === "ustar" && header[263] === 0x30;
}

/** Whether a header's checksum is right: that of its bytes with blanks in its own place. @param {Uint8Array} header */
function isWhole(header) {
  const sum = header.reduce((sum, byte, place) => sum + (place >= 148 && place < 156 ? 0x20 : byte), 0);
  return Number.parseInt(text(header.subarray(148, 156)).trim(), 8) === sum;
}

/** What pax's records say: each is its length in digits, a blank, `key=value` and a newline. @param {Uint8Array} bytes */
function paxOf(bytes) {
  /** @type {{ path?: string, size?: string, sparse?: boolean }} */
  const told = {};
  for (let at = 0; at < bytes.length; ) {
    const digits = /^\d{1,8}(?= )/.exec(new TextDecoder("latin1").decode(bytes.subarray(at, at + 9)))?.[0];
    const length = Number(digits);
    if (!digits || length <= digits.length + 1 || at + length > bytes.length) break;
    const record = new TextDecoder().decode(bytes.subarray(at + digits.length + 1, at + length - 1));
    const [key, value] = [record.slice(0, record.indexOf("=")), record.slice(record.indexOf("=") + 1)];
    if (key === "path" || key === "size") told[key] = value;
    if (key.startsWith("GNU.sparse.")) told.sparse = true;
    at += length;
  }
  return told;
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
