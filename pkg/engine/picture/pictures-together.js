// @ts-check
/** @import { WasmEngine } from "../protocol/types.js" */

/** Milliseconds that a call which embeds several pictures may take: what asks for the engine meanwhile waits for it. */
const PATIENCE = 400;

/**
 * How many pictures to embed at once: at least one on each thread, and more where that is soon done, because pictures that
 * go together read the weights once.
 */
export class PicturesTogether {
  #least;
  #most;

  /** @param {WasmEngine} engine */
  constructor(engine) {
    this.#least = engine.info().threads;
    this.#most = engine.pictures_together();
    this.count = this.#least;
  }

  /** Takes note of how long some took. @param {number} pictures @param {number} milliseconds */
  took(pictures, milliseconds) {
    const fitting = Math.floor((PATIENCE * pictures) / Math.max(milliseconds, 1));
    this.count = Math.max(this.#least, Math.min(this.#most, fitting - (fitting % this.#least)));
  }

  /**
   * Embeds pictures, and takes note of how long that took.
   * @template T
   * @param {unknown[]} pictures
   * @param {() => T} embed
   */
  timed(pictures, embed) {
    const begun = performance.now();
    const embedded = embed();
    this.took(pictures.length, performance.now() - begun);
    return embedded;
  }
}
