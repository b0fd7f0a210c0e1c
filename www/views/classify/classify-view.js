// @ts-check
/**
 * The Classify view: a picture, a question in labels and templates, and the scores.
 *
 * What tests and other pages may hold on to:
 * - files dropped anywhere, on `picture-stage` too, are taken as pictures (or as a model, if one is named `.gguf`);
 *   `input[type=file]` labelled "Picture file" takes the same;
 * - the text fields labelled "Labels" and "Template", one entry a line;
 * - the radio buttons "Among these labels" and "Each on its own";
 * - the list labelled "Scores", best first; its items carry `data-label` and `data-score` (full precision);
 * - errors are in elements with `role="alert"`, beside what they are about;
 * - `main[data-state]` is `loading`, `ready`, `working` or `failed`; at `ready` the scores are the newest.
 */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { SettingsStore } from "../../state/settings-store.js" */
import "../../components/answer-readout/answer-readout.js";
import "../../components/error-note/error-note.js";
import "../../components/fact-list/fact-list.js";
import "../../components/label-editor/label-editor.js";
import "../../components/mode-switch/mode-switch.js";
import "../../components/picture-stage/picture-stage.js";
import "../../components/picture-strip/picture-strip.js";
import "../../components/score-list/score-list.js";
import "../../components/template-editor/template-editor.js";
import { Component } from "../../dom/component.js";
import { sentence } from "../../state/sentence.js";
import { classifyLayout } from "./classify-layout.js";
import { Filmstrip } from "./filmstrip.js";
import { PictureColumn } from "./picture-column.js";
import { PictureQuestion } from "./picture-question.js";
import { QuestionColumn } from "./question-column.js";
import { ScoresColumn } from "./scores-column.js";

/** Typing rests this long before the scores follow. */
const TYPING_MS = 60;
/** A screen reader hears an answer once it has rested this long. */
const ANNOUNCE_MS = 900;

export class ClassifyView extends Component {
  #parts = classifyLayout();
  /** Whether the settings are newer than the question under way. */
  #unasked = false;
  #busy = false;
  #typing = 0;
  #announcing = 0;
  /** @type {ModelSession} */
  #session;
  /** @type {SettingsStore} */
  #settings;
  /** @type {PictureQuestion} */
  #inquiry;
  /** @type {PictureColumn} */
  #pictures;
  /** @type {ScoresColumn} */
  #scores;
  /** @type {QuestionColumn} */
  #editors;
  /** @type {Filmstrip} */
  #filmstrip;

  build() {
    this.append(...this.#parts.columns);
  }

  /**
   * Gives the view its engine and its settings; called once, when it is in the document.
   *
   * @param {{ session: ModelSession, settings: SettingsStore }} wiring
   */
  async connect({ session, settings }) {
    this.#session = session;
    this.#settings = settings;
    this.#inquiry = new PictureQuestion(session);
    this.#pictures = new PictureColumn(this.#parts, this.#inquiry, this.lifetime);
    this.#scores = new ScoresColumn(this.#parts, session, () => settings.linkTo({ labels: this.#labelText() }), this.lifetime);
    this.#editors = new QuestionColumn(this.#parts, this.lifetime);
    this.#filmstrip = new Filmstrip(session, this.#pictures.shelf, () => this.#pictures.renderShelf());
    this.#listenToColumns();
    this.#listenToAnswers();
    await this.#pictures.openSamples();
    this.#follow();
  }

  #listenToColumns() {
    this.listen(this.#settings, "change", () => this.#follow());
    this.listen(this.#editors, "edit", ({ detail }) => this.#settings.change(detail));
    this.listen(this.#pictures, "chosen", ({ detail }) => this.#settings.change(detail));
    this.listen(this.#pictures, "blank", ({ detail }) => this.#scores.forget(detail.message));
    this.listen(this.#pictures, "gathered", () => this.#filmstrip.ask(this.#question()));
    this.listen(this.#pictures, "model-file", ({ detail }) => this.send("open-model", detail));
    this.listen(this.#session, "model", () => this.#startOver());
  }

  #listenToAnswers() {
    const inquiry = this.#inquiry;
    this.listen(inquiry, "busy", ({ detail }) => {
      this.#busy = detail;
      this.#tellWork();
    });
    this.listen(inquiry, "picture", ({ detail }) => (this.#parts.stage.size = detail));
    this.listen(inquiry, "picture-fault", ({ detail }) => {
      this.#pictures.fault = detail;
      this.#scores.forget("No scores: the picture could not be read.");
    });
    this.listen(inquiry, "question-fault", ({ detail }) => this.#failQuestion(detail));
    this.listen(inquiry, "answer", ({ detail }) => {
      this.#scores.show(detail, this.#pictures.now);
      clearTimeout(this.#announcing);
      this.#announcing = setTimeout(() => this.send("announce", { text: this.#scores.text }), ANNOUNCE_MS);
    });
  }

  /** Shows what the settings say, and asks anew. */
  #follow() {
    this.#pictures.showSample(this.#settings.current.sample);
    this.#scores.mode = this.#settings.current.mode;
    this.#editors.read(this.#labelText(), this.#templateText());
    this.#unasked = true;
    this.#tellWork();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#ask(), TYPING_MS);
  }

  /** Another model: the same picture and question, from the start. */
  #startOver() {
    this.#filmstrip.forget();
    this.#ask();
    this.#pictures.again();
  }

  #ask() {
    const question = this.#question();
    this.#inquiry.ask(question);
    this.#filmstrip.ask(question);
    this.#unasked = false;
    this.#tellWork();
    if (!question) this.#scores.stale = true;
  }

  #tellWork() {
    const working = this.#busy || this.#unasked;
    this.#scores.stale = working;
    this.send("working", { working });
  }

  #question() {
    const lines = this.#editors.read(this.#labelText(), this.#templateText());
    return lines && { ...lines, mode: this.#settings.current.mode };
  }

  #labelText() {
    return this.#settings.current.labels ?? this.#pictures.now.labels.join("\n");
  }

  #templateText() {
    return this.#settings.current.templates ?? (this.#session.info?.templates ?? ["{}"]).join("\n");
  }

  /** @param {unknown} error */
  #failQuestion(error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!this.#editors.blame(code, sentence(error))) this.#scores.fault = sentence(error);
    this.#scores.forget("No scores for this question.");
  }
}

customElements.define("classify-view", ClassifyView);
