// @ts-check
/** What runs before the page's own modules in one HTML file: its files are there, and its worker can be started. */
import { answerFetches, heldFiles } from "./held-files.js";

const files = await heldFiles();
answerFetches(files);

/**
 * From disk, Chromium gives a worker neither modules nor the addresses of its page (seen in 156): so it is one classic script,
 * and is sent the files.
 */
globalThis.Worker = class extends Worker {
  /** @param {string | URL} script @param {WorkerOptions} [options] */
  constructor(script, { name } = {}) {
    const held = files.get(new URL(script).pathname.slice(1));
    super(URL.createObjectURL(held ?? new Blob()), { name });
    this.postMessage({ files });
  }
};
