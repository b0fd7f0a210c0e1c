// @ts-check
import { sha256 } from "./sha256.js";

/** The length of a piece, in bytes: each may cost a call into another process, and three of them are in memory at a time. */
export const PIECE = 1 << 23;

/** The same where a piece costs next to nothing, and should stay in the processor's cache until it is where it belongs. */
export const SMALL_PIECE = 1 << 19;

/** How many pieces are on their way while the caller works on one. */
const AHEAD = 2;

/**
 * Reads a file piece by piece.
 * @param {Blob} file
 * @returns {AsyncGenerator<Uint8Array, void>}
 */
export async function* readPieces(file) {
  /** @type {Promise<ArrayBuffer>[]} */
  const ahead = [];
  for (let start = 0; start < file.size || ahead.length > 0; start += PIECE) {
    if (start < file.size) {
      const piece = file.slice(start, start + PIECE).arrayBuffer();
      piece.catch(() => {}); // told when its turn comes
      ahead.push(piece);
    }
    if (start / PIECE >= AHEAD || start >= file.size) yield new Uint8Array(await /** @type {Promise<ArrayBuffer>} */ (ahead.shift()));
  }
}

/**
 * Passes pieces on and hashes them beside that, with the browser's own SHA-256, which has the processor's instructions
 * for it and threads of its own.
 * @param {AsyncIterable<Uint8Array>} pieces
 * @param {Promise<string>[]} hashes where the SHA-256 of each goes; of none on pages that the browser does not trust
 */
export async function* hashing(pieces, hashes) {
  for await (const piece of pieces) {
    if (globalThis.crypto?.subtle) hashes.push(sha256(/** @type {Uint8Array<ArrayBuffer>} */ (piece)));
    yield piece;
  }
}

/**
 * @param {AsyncIterable<Uint8Array>} pieces
 * @returns {Promise<string[]>} the SHA-256 of each
 */
export async function hashesOf(pieces) {
  /** @type {string[]} */
  const hashes = [];
  for await (const piece of pieces) hashes.push(await sha256(/** @type {Uint8Array<ArrayBuffer>} */ (piece)));
  return hashes;
}
