// @ts-check
/** @import { ShownScore } from "../../components/score-list/score-list.js" */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { Answer } from "./picture-question.js" */

/** With more templates or labels than this, nothing is measured: it would take longer than the answer itself. */
const MOST_TEMPLATES = 12;
const MOST_LABELS = 60;
/** An answer rests this long before it is measured, so that typing and drawing come first. */
const REST_MS = 250;

/**
 * How far an answer holds.
 *
 * @typedef {object} Opinion
 * @property {number} templates how many were tried one by one; 0 where there is but one, or too many
 * @property {number} agreeing how many of them give the same best label
 * @property {Map<string, NonNullable<ShownScore["spread"]>>} spread of each label's score over them
 */

/** Asks the engine about a given answer again, in other ways, while nothing else is to do. */
export class SecondOpinion {
  #session;
  #run = new AbortController();

  /** @param {ModelSession} session */
  constructor(session) {
    this.#session = session;
  }

  /** Ends what is under way. */
  stop() {
    this.#run.abort();
  }

  /**
   * @param {Answer} answer a newer one ends the work on an older one
   * @returns {Promise<Opinion | null>} `null` where it was ended, or the engine failed
   */
  async ask(answer) {
    this.stop();
    const { signal } = (this.#run = new AbortController());
    try {
      await rest(signal);
      return await this.#templates(answer, signal);
    } catch {
      return null;
    }
  }

  /**
   * @param {Answer} answer
   * @param {AbortSignal} signal
   */
  async #templates({ picture, question, result }, signal) {
    /** @type {Opinion["spread"]} */
    const spread = new Map();
    const { templates, labels } = question;
    if (templates.length < 2 || templates.length > MOST_TEMPLATES || labels.length > MOST_LABELS)
      return { templates: 0, agreeing: 0, spread };
    let agreeing = 0;
    for (const template of templates) {
      const { scores } = await this.#session.running.classify(picture, { ...question, templates: [template], signal });
      if (scores[0].label === result.scores[0].label) agreeing++;
      for (const { label, score } of scores) {
        const { low, high } = spread.get(label) ?? { low: score, high: score };
        spread.set(label, { low: Math.min(low, score), high: Math.max(high, score) });
      }
    }
    return { templates: templates.length, agreeing, spread };
  }
}

/** @param {AbortSignal} signal */
function rest(signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, REST_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
