// @ts-check
import { readPieces } from "./pieces.js";

/** @import { ModelFiles } from "./model-files.js" */
/**
 * Models in memory, until the worker ends.
 * @returns {ModelFiles}
 */
export function memoryStore() {
  /** @type {Map<string, Map<string, Blob>>} */
  const models = new Map();
  return {
    kind: "memory",
    keys: async () => [...models.keys()],
    read: async (key, name) => models.get(key)?.get(name),
    async open(key) {
      const files = models.get(key) ?? new Map();
      models.set(key, files);
      /** @type {BlobPart[]} */
      let parts = [files.get("body") ?? new Blob()];
      let size = files.get("body")?.size ?? 0;
      const keep = () => {
        parts = [new Blob(parts)];
        files.set("body", parts[0]);
      };
      return {
        size: () => size,
        async append(bytes) {
          parts.push(/** @type {Uint8Array<ArrayBuffer>} */ (bytes));
          size += bytes.byteLength;
        },
        async truncate(length) {
          keep();
          parts = [/** @type {Blob} */ (parts[0]).slice(0, length)];
          size = length;
        },
        async *read(length) {
          keep();
          yield* readPieces(/** @type {Blob} */ (parts[0]).slice(0, length));
        },
        async save(name, bytes) {
          keep();
          files.set(name, new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (bytes)]));
        },
        async drop(name) {
          files.delete(name);
        },
        close: async () => keep(),
      };
    },
    async remove(key) {
      models.delete(key);
    },
  };
}
