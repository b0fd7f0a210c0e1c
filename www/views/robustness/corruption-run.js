// @ts-check
import { codeOf } from "../../../pkg/engine/protocol/code-of.js";

/** @import { Variant, Trial } from "../../../pkg/engine/protocol/types.js" */
/** @import { Entry } from "../research/data-files.js" */
/** @import { Progress, Question, Research } from "../research/research.js" */

/** @typedef {import("../../../pkg/engine/protocol/requests.js").CorruptAnswer} Answer */

/** Classifies corrupted pictures with one model and one set of labels and templates; fails if another model is loaded meanwhile. */
export class CorruptionRun {
  #research;
  #question;
  #signal;
  #weights = "";

  /** @param {{ research: Research, question: Question & { side: number, word: string }, signal: AbortSignal }} wiring */
  constructor({ research, question, signal }) {
    this.#research = research;
    this.#question = question;
    this.#signal = signal;
  }

  /**
   * A picture's answers, clean and in each corrupted variant.
   *
   * @param {Entry} entry
   * @param {Variant[]} variants
   * @param {boolean} [thumbnails]
   * @returns {Promise<Answer>}
   */
  async answer({ name, label, read }, variants, thumbnails = false) {
    const truth = this.#question.labels.indexOf(label ?? "");
    const image = await /** @type {() => Promise<Blob>} */ (read)();
    const answer = await this.#research.ask("corrupt", { ...this.#question, image, name, truth, variants, thumbnails }, { signal: this.#signal });
    this.#weights ||= answer.weights_sha256;
    if (answer.weights_sha256 !== this.#weights) throw new Error("The model changed meanwhile.");
    return answer;
  }

  /**
   * The answers to all of some pictures, and what they are about; those that cannot be read are left out.
   *
   * @param {Entry[]} entries
   * @param {Variant[]} variants
   * @param {(progress: Progress) => void} tell
   */
  async answers(entries, variants, tell) {
    /** @type {Trial[]} */
    const clean = [];
    const columns = variants.map((variant) => ({ ...variant, trials: /** @type {Trial[]} */ ([]) }));
    /** @type {{ entry: Entry, sha256: string }[]} */
    const measured = [];
    /** @type {{ image: string, reason: string }[]} */
    const skipped = [];
    const begun = performance.now();
    for (const [index, entry] of entries.entries()) {
      try {
        const answer = await this.answer(entry, variants);
        clean.push(answer.clean);
        columns.forEach((column, place) => column.trials.push(answer.trials[place]));
        measured.push({ entry, sha256: answer.sha256 });
      } catch (error) {
        if (this.#signal.aborted || !(error instanceof Error) || !codeOf(error).startsWith("image-")) throw error;
        skipped.push({ image: entry.name, reason: error.message });
      }
      const perSecond = ((index + 1) * 1000) / (performance.now() - begun);
      tell({ done: index + 1, total: entries.length, perSecond, secondsLeft: (entries.length - index - 1) / perSecond });
    }
    return { clean, columns, skipped, about: await this.about(measured) };
  }

  /** What answers to some pictures are about. @param {{ entry: Entry, sha256: string }[]} measured */
  async about(measured) {
    const pictures = measured.map(({ entry: { name, label }, sha256 }) => ({ name, label, sha256 }));
    const asked = { signal: this.#signal };
    const [model, identity] = await Promise.all([this.#research.ask("model", {}, asked), this.#research.ask("identity", { pictures }, asked)]);
    if (model.weights_sha256 !== (this.#weights || model.weights_sha256)) throw new Error("The model changed meanwhile.");
    return { ...model, images: measured.length, ...identity };
  }
}
