// @ts-check
import { readPieces } from "./pieces.js";

/** @import { ModelFiles } from "./model-files.js" */
import { decoded } from "../download/decoded.js";

const CACHE = "clip-wasm-models";
/** Keys of the cache's entries, as requests that never reach the network. */
const ORIGIN = "https://models.clip-wasm.invalid/";
/** The body is kept in pieces of about this many bytes, each named by where it begins. */
const PIECE = 4 << 20;

/**
 * Models in the Cache API, for browsers without a private file system.
 * @returns {Promise<ModelFiles>} rejects where there is no Cache API
 */
export async function cacheStore() {
  const cache = await caches.open(CACHE);
  /** @param {string} key @param {string} name */
  const address = (key, name) => `${ORIGIN}${encodeURIComponent(key)}/${name}`;
  /** @param {string} key @returns {Promise<string[]>} the names of its files */
  const names = async (key) => {
    const urls = (await cache.keys()).map(({ url }) => url);
    return urls.filter((url) => url.startsWith(address(key, ""))).map((url) => url.slice(address(key, "").length));
  };
  /** @param {string} key @returns {Promise<number[]>} where the body's pieces begin */
  const pieces = async (key) =>
    (await names(key)).filter((name) => name.startsWith("body@")).map((name) => Number(name.slice(5))).sort((a, b) => a - b);
  /** @param {string} key @param {string} name */
  const blob = async (key, name) => (await cache.match(address(key, name)))?.blob();
  /** @param {string} key @param {string} name @param {BlobPart} bytes */
  const put = (key, name, bytes) => cache.put(address(key, name), new Response(new Blob([bytes])));

  /** @param {string} key */
  async function body(key) {
    const parts = await Promise.all((await pieces(key)).map((begin) => blob(key, `body@${begin}`)));
    return parts.length ? new Blob(parts.map((part) => part ?? "")) : undefined;
  }

  return {
    kind: "cache",
    async keys() {
      const urls = (await cache.keys()).map(({ url }) => url.slice(ORIGIN.length).split("/")[0]);
      return [...new Set(urls)].map(decoded);
    },
    read: (key, name) => (name === "body" ? body(key) : blob(key, name)),
    async open(key) {
      let kept = (await body(key))?.size ?? 0;
      /** @type {Uint8Array[]} */
      let waiting = [];
      let waits = 0;
      const flush = async () => {
        if (!waits) return;
        await put(key, `body@${kept}`, new Blob(/** @type {BlobPart[]} */ (waiting)));
        kept += waits;
        waiting = [];
        waits = 0;
      };
      return {
        size: () => kept + waits,
        async append(bytes) {
          waiting.push(bytes);
          waits += bytes.byteLength;
          if (waits >= PIECE) await flush();
        },
        async truncate(size) {
          await flush();
          for (const begin of await pieces(key)) {
            const piece = (await blob(key, `body@${begin}`)) ?? new Blob();
            if (begin >= size) await cache.delete(address(key, `body@${begin}`));
            else if (begin + piece.size > size) await put(key, `body@${begin}`, piece.slice(0, size - begin));
          }
          kept = size;
        },
        async *read(size) {
          await flush();
          yield* readPieces(((await body(key)) ?? new Blob()).slice(0, size));
        },
        async save(name, bytes) {
          await flush();
          await put(key, name, /** @type {Uint8Array<ArrayBuffer>} */ (bytes));
        },
        async drop(name) {
          await cache.delete(address(key, name));
        },
        close: flush,
      };
    },
    async remove(key) {
      await Promise.all((await names(key)).map((name) => cache.delete(address(key, name))));
    },
  };
}
