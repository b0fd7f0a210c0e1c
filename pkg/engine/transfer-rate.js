// @ts-check
/** Over how long the rate is taken, in milliseconds. */
const WINDOW = 5000;

/** How fast bytes come, and how long the rest will take. */
export class TransferRate {
  /** @type {{ at: number, loaded: number }[]} */
  #seen = [];

  /**
   * @param {number} loaded bytes so far
   * @param {number} total 0 where unknown
   * @returns {{ bytesPerSecond?: number, secondsLeft?: number }} nothing before there is a rate
   */
  after(loaded, total) {
    const at = performance.now();
    this.#seen.push({ at, loaded });
    while (this.#seen.length > 2 && at - this.#seen[0].at > WINDOW) this.#seen.shift();
    const seconds = (at - this.#seen[0].at) / 1000;
    const bytesPerSecond = (loaded - this.#seen[0].loaded) / seconds;
    if (seconds < 0.5 || !(bytesPerSecond > 0)) return {};
    return { bytesPerSecond, secondsLeft: total ? (total - loaded) / bytesPerSecond : undefined };
  }
}
