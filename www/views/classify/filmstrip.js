// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { PictureShelf, StagePicture } from "./picture-shelf.js" */
/** @import { Question } from "./picture-question.js" */
import { NO_MATCH } from "../../components/answer-readout/answer-readout.js";
import { bestFits } from "./best-fits.js";

/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").Picture} Picture */

/**
 * Finds the best label of each of the visitor's pictures, one after the other, in the background; each picture is encoded
 * once. One picture alone needs no filmstrip: the stage shows it.
 */
export class Filmstrip {
  #session;
  #shelf;
  #changed;
  /** @type {WeakMap<StagePicture, Picture>} */
  #encoded = new WeakMap();
  #run = new AbortController();

  /**
   * @param {ModelSession} session
   * @param {PictureShelf} shelf
   * @param {() => void} changed called when a picture has got its verdict
   */
  constructor(session, shelf, changed) {
    this.#session = session;
    this.#shelf = shelf;
    this.#changed = changed;
  }

  /** Forgets the encodings: they belong to the model before. */
  forget() {
    this.#run.abort();
    this.#encoded = new WeakMap();
  }

  /** @param {Question | null} question a newer one ends the work on an older one */
  async ask(question) {
    this.#run.abort();
    const { signal } = (this.#run = new AbortController());
    if (!question || this.#shelf.own.length < 2) return;
    for (const picture of [...this.#shelf.own]) {
      const verdict = await this.#verdict(picture, question, signal);
      if (signal.aborted) return;
      Object.assign(picture, verdict);
      this.#changed();
    }
  }

  /**
   * @param {StagePicture} picture
   * @param {Question} question
   * @param {AbortSignal} signal
   * @returns {Promise<{ verdict: string, failed: boolean }>}
   */
  async #verdict(picture, question, signal) {
    try {
      const engine = this.#session.running;
      const encoded = this.#encoded.get(picture) ?? (await engine.embedImage(await picture.read(signal), { signal }));
      this.#encoded.set(picture, encoded);
      const result = await engine.classify(encoded, { ...question, signal });
      const fits = await bestFits(this.#session, encoded, question, result, signal);
      return { verdict: fits === false ? NO_MATCH.toLowerCase() : result.scores[0].label, failed: false };
    } catch {
      return { verdict: "unreadable", failed: true };
    }
  }
}
