// @ts-check
import { EngineError } from "../protocol/engine-error.js";

/** Memory for loading, as a multiple of the file's size: the file and the packed weights exist at the same time. */
const FACTOR = 2.2;
/** What a WebAssembly memory of 32 bits can have. */
const MOST = 2 ** 32;
/** From here on, what a browser tells of the device is only the least that it has. */
const TOLD_IN_FULL = 8 * 2 ** 30;

/** What a model takes of this device's memory, reckoned from the size of its file, before that is downloaded. */
export const memoryNeed = Object.freeze({
  /** @param {number} bytes of the finished model */
  of: (bytes) => bytes * FACTOR,

  /**
   * Refuses a model that cannot be loaded here.
   * @param {string} name
   * @param {number} bytes of the finished model
   * @throws {EngineError} "too-large"
   */
  check(name, bytes) {
    const device = deviceMemory();
    const room = device && device < TOLD_IN_FULL ? Math.min(device, MOST) : MOST;
    const needed = memoryNeed.of(bytes);
    if (needed <= room) return;
    const what = room === MOST ? "a WebAssembly program can have only" : "this device has";
    throw new EngineError("too-large", `${name} takes ${gigabytes(needed)} of memory to load, but ${what} ${gigabytes(room)}`);
  },

  /**
   * @param {number} bytes of the finished model
   * @returns {string | undefined} a sentence where it may be too much
   */
  warning(bytes) {
    const device = deviceMemory();
    const needed = memoryNeed.of(bytes);
    if (!device || needed <= device / 2) return undefined;
    return `This device has about ${gigabytes(device)} of memory; loading the model takes ${gigabytes(needed)}. A smaller type or model is safer.`;
  },
});

/** @returns {number} bytes, 0 where the browser does not tell, as only Chromium does */
function deviceMemory() {
  return (Reflect.get(navigator, "deviceMemory") ?? 0) * 2 ** 30;
}

/** @param {number} bytes */
function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
