// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { Mode } from "../../state/url-fragment.js" */
import { bestFits } from "./best-fits.js";

/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").Classification} Result */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").ImageInput} ImageInput */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").Picture} Picture */

/**
 * @typedef {{ labels: string[], templates: string[], mode: Mode }} Question
 * @typedef {{ picture: Picture, input: ImageInput, question: Question, result: Result, fits: boolean | null }} Answer
 *   `fits`: whether the best label says more about the picture than chance; `null` where the model leaves that open
 */

/**
 * One picture, one question, and the newest answer. A newer picture or question ends the older one's work, so that a stale
 * answer never replaces a newer one; live pictures (a drawing, the camera) wait for the running one instead, because ending
 * each would never finish any.
 *
 * Events: `busy` with `detail`, a boolean; `picture` when one is encoded; `answer` with `detail`, an `Answer`;
 * `picture-fault` and `question-fault` with the error in `detail`.
 */
export class PictureQuestion extends EventTarget {
  #session;
  /** The picture as it came, and as it is encoded. @type {{ input: ImageInput, picture: Picture } | null} */
  #shown = null;
  /** @type {Question | null} */
  #question = null;
  /** @type {ImageInput | null} the next live picture, the newest alone */
  #waiting = null;
  #encoding = new AbortController();
  #scoring = new AbortController();
  #running = 0;
  /** Whether a live picture is being encoded. */
  #live = false;

  /** @param {ModelSession} session */
  constructor(session) {
    super();
    this.#session = session;
  }

  /**
   * Encodes a picture and asks the present question about it.
   *
   * @param {(signal: AbortSignal) => ImageInput | Promise<ImageInput>} fetchPicture
   */
  async show(fetchPicture) {
    this.clear();
    await this.#during(() => this.#encode(fetchPicture));
  }

  /**
   * Like `show` for a picture that changes many times a second: the answer stays until the next one is there.
   *
   * @param {ImageInput} picture
   */
  async showLive(picture) {
    this.#waiting = picture;
    if (this.#live) return;
    this.#live = true;
    while (this.#waiting) {
      const next = this.#waiting;
      this.#waiting = null;
      await this.#during(() => this.#encode(() => next));
    }
    this.#live = false;
  }

  /** Forgets the picture. */
  clear() {
    this.#waiting = null;
    this.#encoding.abort();
    this.#scoring.abort();
    this.#shown = null;
  }

  /**
   * Asks about the picture on the stage.
   *
   * @param {Question | null} question `null` where the labels or templates cannot be used
   */
  async ask(question) {
    this.#question = question;
    this.#scoring.abort();
    if (question && this.#shown) await this.#during(() => this.#score());
  }

  /** @param {(signal: AbortSignal) => ImageInput | Promise<ImageInput>} fetchPicture */
  async #encode(fetchPicture) {
    const { signal } = (this.#encoding = new AbortController());
    const engine = this.#session.engine;
    if (!engine || this.#session.status !== "ready") return;
    try {
      const input = await fetchPicture(signal);
      const picture = await engine.embedImage(input, { signal });
      if (signal.aborted) return;
      this.#shown = { input, picture };
      this.#tell("picture", picture);
    } catch (error) {
      if (!signal.aborted) this.#tell("picture-fault", error);
      return;
    }
    this.#scoring.abort();
    await this.#score();
  }

  async #score() {
    const { signal } = (this.#scoring = new AbortController());
    const engine = this.#session.engine;
    const [shown, question] = [this.#shown, this.#question];
    if (!engine || !shown || !question) return;
    try {
      const result = await engine.classify(shown.picture, { ...question, signal });
      const fits = await bestFits(this.#session, shown.picture, question, result, signal);
      if (!signal.aborted) this.#tell("answer", { ...shown, question, result, fits });
    } catch (error) {
      if (!signal.aborted) this.#tell("question-fault", error);
    }
  }

  /** @param {() => Promise<void>} work */
  async #during(work) {
    if (this.#running++ === 0) this.#tell("busy", true);
    try {
      await work();
    } finally {
      if (--this.#running === 0) this.#tell("busy", false);
    }
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
