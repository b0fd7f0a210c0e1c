// @ts-check
/**
 * Writes ZIP archives without compression, as APPNOTE.TXT of PKWARE lays them out (4.3.7, 4.3.12, 4.3.16): pictures and
 * weights do not shrink, and any host or desktop opens them. Written here, because the page needs nothing from npm. Below 4 GB and 65,535 files, so that ZIP64 is not needed.
 */

const LOCAL_HEADER = 0x04034b50;
const CENTRAL_HEADER = 0x02014b50;
const END = 0x06054b50;
/** Names are UTF-8. */
const FLAGS = 1 << 11;
const VERSION = 20;
/** 1 January 1980, the first day ZIP knows: the same files make the same archive. */
const DATE = (1 << 5) | 1;
const MOST_BYTES = 2 ** 32 - 1;

/** @typedef {{ name: string, content: Blob }} ZipEntry `name` is a path with slashes */

/**
 * @param {ZipEntry[]} entries
 * @returns {Promise<Blob>}
 * @throws an error with a sentence where the files are too large for a plain ZIP
 */
export async function zip(entries) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const path = new TextEncoder().encode(name);
    const fields = common(await checksum(content), content.size, path.length);
    const local = concat(u32(LOCAL_HEADER), fields, path);
    directory.push(concat(u32(CENTRAL_HEADER), u16(VERSION), fields, new Uint8Array(10), u32(offset), path));
    parts.push(local, content);
    offset += local.length + content.size;
    if (offset > MOST_BYTES) throw new Error("The folder is larger than 4 GB, which a ZIP file cannot hold.");
  }
  const listed = new Blob(directory);
  const count = u16(entries.length);
  const end = concat(u32(END), u32(0), count, count, u32(listed.size), u32(offset), u16(0));
  return new Blob([...parts, listed, end], { type: "application/zip" });
}

/**
 * The fields that both headers of a file share, from "version needed" to "extra field length".
 *
 * @param {number} crc
 * @param {number} bytes
 * @param {number} pathBytes
 */
function common(crc, bytes, pathBytes) {
  const [stored, time, extra] = [u16(0), u16(0), u16(0)];
  const sizes = concat(u32(bytes), u32(bytes));
  return concat(u16(VERSION), u16(FLAGS), stored, time, u16(DATE), u32(crc), sizes, u16(pathBytes), extra);
}

/** CRC-32 of one byte. */
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32, in the pieces that the browser reads, so that the page stays alive meanwhile. @param {Blob} content */
async function checksum(content) {
  const reader = content.stream().getReader();
  let crc = 0xffffffff;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return (crc ^ 0xffffffff) >>> 0;
    for (const byte of value) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  }
}

/** @param {number} value */
function u16(value) {
  return Uint8Array.of(value, value >>> 8);
}

/** @param {number} value */
function u32(value) {
  return Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
}

/** @param {...Uint8Array} pieces */
function concat(...pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
