// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { Borrowed, Caveat, CaveatAction, Words } from "./caveats.js" */
/** @import { ClassifyParts } from "./classify-layout.js" */
/** @import { Answer } from "./picture-question.js" */
/** @import { Link } from "../../state/settings-store.js" */
/** @import { Opinion } from "./second-opinion.js" */
import { NO_MATCH } from "../../components/answer-readout/answer-readout.js";
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";
import { linkWords } from "../../state/link-words.js";
import { numberText } from "../../state/number-text.js";
import { answerFacts } from "./answer-facts.js";
import { caveats, noMatch } from "./caveats.js";
import { resultDocument } from "./result-document.js";

/** How long "Copied" stands on a button. */
const COPIED_MS = 1600;

const MODE_HINTS = {
  softmax: "Scores add up to 100 % across these labels, so one always wins, even if none fits.",
  independent: "Each label is compared with a neutral cosine or an empty prompt. Above 50 %: fits better.",
};
/** Of a model that was trained to be read so. */
const TRAINED_HINT = "This model was trained to score each label independently: the score is how likely the label is to match the picture.";

/** Before they are known. @type {Words} */
const UNHEARD = { untaught: [], drawn: [], languages: null };

/** The newest answer, what to know before believing it, and ways to take it along. */
export class ScoresColumn {
  #parts;
  #session;
  /** @type {Answer | null} */
  #answer = null;
  #pictureName = "";
  /** @type {Borrowed} */
  #borrowed = null;
  #words = UNHEARD;
  #act;

  /**
   * @param {ClassifyParts} parts
   * @param {ModelSession} session
   * @param {{ link: () => Promise<Link>, act: (does: CaveatAction) => void }} wiring what "Copy link" copies; what the notes' buttons do
   * @param {AbortSignal} signal ends all listening
   */
  constructor(parts, session, { link, act }, signal) {
    this.#parts = parts;
    this.#session = session;
    this.#act = act;
    const withNote = async () => {
      const { link: text, without } = await link();
      parts.linkNote.textContent = linkWords(without);
      parts.linkNote.hidden = without.length === 0;
      return text;
    };
    parts.copyLink.addEventListener("click", () => copy(parts.copyLink, withNote), { signal });
    parts.copyJson.addEventListener("click", () => copy(parts.copyJson, () => this.#document()), { signal });
    parts.larger.addEventListener("click", () => act("show-models"), { signal });
    this.forget("The model is loading.");
  }

  /** The answer as one sentence; empty where there is none. */
  get text() {
    return this.#answer ? this.#parts.readout.text : "";
  }

  set stale(/** @type {boolean} */ stale) {
    this.#parts.scoreList.stale = stale;
  }

  set mode(/** @type {"softmax" | "independent"} */ mode) {
    this.#parts.modeSwitch.mode = mode;
    this.#parts.modeHint.textContent =
      mode === "independent" && this.#isSigmoid ? TRAINED_HINT : MODE_HINTS[mode];
  }

  set fault(/** @type {string | null} */ message) {
    this.#parts.scoresFault.fault = message === null ? null : { message };
  }

  /**
   * @param {Answer} answer
   * @param {{ title: string, borrowed: Borrowed }} shown the picture it is about; whether the labels were written for another one
   */
  show(answer, { title, borrowed }) {
    const { stage, scoreList, facts, support, copyJson } = this.#parts;
    const { info } = this.#session;
    if (!info) return;
    this.#pictureName = title;
    this.fault = null;
    const noneFits = answer.fits === false;
    const { scores } = answer.result;
    const [best] = scores;
    const alone = scores.length === 1 && answer.question.mode === "softmax";
    if (noneFits) stage.verdict = NO_MATCH;
    else stage.verdict = alone ? best.label : `${best.label} ${numberText.percent(best.score)} %`;
    scoreList.noneFits = noneFits;
    scoreList.alone = alone;
    scoreList.scores = scores;
    facts.facts = answerFacts(answer, info);
    this.#answer = answer;
    this.#borrowed = borrowed;
    const stay = (/** @type {string} */ label) => answer.question.labels.includes(label);
    this.#words = { ...UNHEARD, untaught: this.#words.untaught.filter(stay), drawn: this.#words.drawn.filter(stay) };
    this.#showNotes();
    support.toggleAttribute("data-stale", true);
    copyJson.disabled = false;
  }

  /**
   * Adds how far the present answer holds.
   *
   * @param {Opinion} opinion
   */
  support({ templates, agreeing, spread }) {
    if (!this.#answer) return;
    const { result } = this.#answer;
    const all = templates === 2 ? "Both templates agree" : `All ${templates} templates agree`;
    const who = agreeing === templates ? all : `${agreeing} of ${templates} templates agree`;
    this.#parts.support.hidden = templates === 0;
    this.#parts.support.textContent = `${who} on the answer. Marks show the range across templates.`;
    this.#parts.support.toggleAttribute("data-stale", false);
    this.#parts.scoreList.scores = result.scores.map((score) => ({ ...score, spread: spread.get(score.label) }));
  }

  /**
   * Adds which labels are in words that the model does not know.
   *
   * @param {Answer} answer that it is about; an older one is left alone
   * @param {Words} words
   */
  tellKnownWords(answer, words) {
    if (answer !== this.#answer || JSON.stringify(words) === JSON.stringify(this.#words)) return;
    this.#words = words;
    this.#showNotes();
  }

  /** Whether the model scores each label by itself, with no label at all to compare with. */
  get #isSigmoid() {
    return this.#session.info?.mode === "independent";
  }

  /** The visitor says that the labels stand. */
  keepLabels() {
    this.#borrowed = null;
    this.#showNotes();
  }

  /** What the answer is and what to know before believing it, both by what is known of the words. */
  #showNotes() {
    const { info, shipped } = this.#session;
    const answer = this.#answer;
    const words = this.#words;
    const notes = answer && info ? caveats({ ...answer, info, borrowed: this.#borrowed, words }) : [];
    this.#parts.caveats.hidden = notes.length === 0;
    this.#parts.caveats.replaceChildren(...notes.map((note) => this.#note(note)));
    this.#parts.ifWrong.hidden = !answer || !shipped;
    if (!answer || !info) return;
    const { labels, mode } = answer.question;
    const none = answer.fits === false ? noMatch(labels, words.untaught, info.name) : undefined;
    this.#parts.readout.answer = { scores: answer.result.scores, mode, none };
    const { untaught, drawn } = words;
    this.#parts.scoreList.tags = { "unknown word": untaught, "from drawings": drawn };
  }

  /** @param {Caveat} note */
  #note({ text, actions = [] }) {
    const words = element("span", {}, text);
    for (const { title, does } of actions) {
      const button = element("button", { type: "button", class: "inline" }, title);
      button.addEventListener("click", () => this.#act(does));
      words.append(" ", button);
    }
    return element("li", {}, icon("note"), words);
  }

  /**
   * Takes the answer away, because it is no longer about what is shown.
   *
   * @param {string} message what stands in its place
   */
  forget(message) {
    const { stage, readout, scoreList, facts, support, copyJson } = this.#parts;
    stage.verdict = "";
    this.#answer = null;
    support.hidden = true;
    readout.message = message;
    scoreList.scores = [];
    facts.facts = [];
    this.#showNotes();
    copyJson.disabled = true;
  }

  async #document() {
    const { engine, info } = this.#session;
    if (!this.#answer || !engine || !info) throw new Error("There is no result to copy.");
    return resultDocument(this.#answer, info, await engine.modelHash(), this.#pictureName);
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {() => string | Promise<string>} write
 */
async function copy(button, write) {
  const title = button.lastChild;
  if (!title || button.dataset.copied !== undefined) return;
  const was = title.textContent ?? "";
  button.dataset.copied = "";
  try {
    await navigator.clipboard.writeText(await write());
    title.textContent = "Copied";
  } catch {
    title.textContent = "Copying is blocked";
  }
  const told = { text: `${was}: ${title.textContent}` };
  button.dispatchEvent(new CustomEvent("announce", { detail: told, bubbles: true }));
  setTimeout(() => {
    title.textContent = was;
    delete button.dataset.copied;
  }, COPIED_MS);
}
