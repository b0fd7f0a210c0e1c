// @ts-check
/**
 * The Classify view: a picture, a question in labels and templates, and the scores.
 *
 * What tests and other pages may hold on to:
 * - files dropped anywhere, on `picture-stage` too, are taken as pictures (or as a model, if one is named `.gguf`);
 *   `input[type=file]` labelled "Picture file" takes the same;
 * - the text fields labelled "Labels" and "Template", one entry a line;
 * - the radio buttons "Compare labels" and "Score each label independently";
 * - the list labelled "Scores", best first; its items carry `data-label` and `data-score` (full precision);
 * - errors are in elements with `role="alert"`, beside what they are about;
 * - `main[data-state]` is `loading`, `ready`, `working` or `failed`; at `ready` the scores are the newest.
 */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { Demo } from "../../state/demo.js" */
/** @import { Borrowed, CaveatAction } from "./caveats.js" */
/** @import { Answer, Question } from "./picture-question.js" */
/** @import { Settings } from "../../state/url-fragment.js" */
/** @import { SettingsStore } from "../../state/settings-store.js" */
import { codeOf } from "../../../pkg/engine/protocol/code-of.js";
import "../../components/answer-readout/answer-readout.js";
import "../../components/error-note/error-note.js";
import "../../components/fact-list/fact-list.js";
import "../../components/heat-panel/heat-panel.js";
import "../../components/label-editor/label-editor.js";
import "../../components/mode-switch/mode-switch.js";
import "../../components/picture-stage/picture-stage.js";
import "../../components/picture-strip/picture-strip.js";
import "../../components/score-list/score-list.js";
import "../../components/template-editor/template-editor.js";
import { Component } from "../../dom/component.js";
import { labelTexts } from "../../state/label-lines.js";
import { wordsOf } from "../../state/words-of.js";
import { sentence } from "../../state/sentence.js";
import { readTemplates } from "../../state/template-lines.js";
import { classifyLayout } from "./classify-layout.js";
import { Filmstrip } from "./filmstrip.js";
import { Heatmap } from "./heatmap.js";
import { PictureColumn } from "./picture-column.js";
import { PictureQuestion } from "./picture-question.js";
import { PRESETS } from "./presets.js";
import { QuestionColumn } from "./question-column.js";
import { ScoresColumn } from "./scores-column.js";
import { SecondOpinion } from "./second-opinion.js";

/** The record of the recommended model that was taught no list of names. */
const OPEN_VOCABULARY = "pe-core-s-16-384";
/** Typing rests this long before the scores follow. */
const TYPING_MS = 60;
/** A screen reader hears an answer once it has rested this long. */
const ANNOUNCE_MS = 900;

export class ClassifyView extends Component {
  #parts = classifyLayout();
  /** Whether the settings are newer than the question under way. */
  #unasked = false;
  #busy = false;
  /** The newest question; `null` where the labels or templates cannot be used. @type {Question | null} */
  #question = null;
  /** The labels are meant for the visitor's pictures up to this one, by the order in which they came. */
  #meantTo = 0;
  /** Whether they are also meant for those that come next: no picture of the visitor's had been on the stage when they were written. */
  #meantForNext = true;
  #typing = 0;
  #announcing = 0;
  #session;
  #settings;
  #demo;
  #inquiry;
  #pictures;
  #scores;
  #editors;
  #filmstrip;
  #second;
  #heatmap;

  /**
   * @param {object} wiring
   * @param {ModelSession} wiring.session
   * @param {SettingsStore} wiring.settings
   * @param {Demo} wiring.demo
   */
  constructor({ session, settings, demo }) {
    super();
    this.#session = session;
    this.#settings = settings;
    this.#demo = demo;
    this.#inquiry = new PictureQuestion(session);
    this.#pictures = new PictureColumn(this.#parts, this.#inquiry, this.lifetime);
    this.#scores = new ScoresColumn(
      this.#parts,
      session,
      {
        link: () => this.link(),
        act: (does) => this.#act(does),
      },
      this.lifetime,
    );
    this.#editors = new QuestionColumn(this.#parts, this.lifetime);
    this.#filmstrip = new Filmstrip(session, this.#pictures.shelf, () => this.#pictures.renderShelf());
    this.#second = new SecondOpinion(session);
    this.#heatmap = new Heatmap(this.#parts, session, this.lifetime);
  }

  build() {
    if (!this.#demo.text) this.append(this.#parts.purpose);
    this.append(...this.#parts.columns);
    this.#listenToColumns();
    this.#listenToAnswers();
    this.#pictures.openSamples(this.#demo).then(() => this.#follow());
  }

  /** Takes pictures that came from outside. @param {File[]} files */
  takePictures(files) {
    this.#pictures.take(files);
  }

  /** Offers to ask another site for a picture. @param {string} address */
  ask(address) {
    this.#pictures.ask(address);
  }

  /** Says why something that came is not taken. @param {string} message */
  refuse(message) {
    this.#pictures.fault = message;
  }

  /** Whether files hang over the page. */
  set dropping(/** @type {boolean} */ dropping) {
    this.#parts.stage.dropping = dropping;
  }

  /** Another tab is in view. */
  leave() {
    this.#pictures.stopCamera();
  }

  /**
   * A link to the question as it stands, and to the model in place by its hash.
   *
   * @param {Partial<Settings>} [patch]
   * @returns {Promise<import("../../state/settings-store.js").Link>} `without` names what of the visitor's own is left out
   */
  async link(patch) {
    await this.#session.hash().catch(() => {});
    const model = await this.#session.choice();
    const { link, without } = this.#settings.linkTo({ labels: this.#labelText(), model, ...patch });
    return { link, without: without.filter((list) => this.#settings.current[list] !== null) };
  }

  /** What can be taken along to another page: the question as it stands, and the pictures to ask it of. */
  get shared() {
    const { labels, templates } = this.#settings.current;
    return {
      labels: labelTexts(this.#labelText()),
      ownLabels: labels !== null,
      templates: templates === null ? [] : readTemplates(templates).templates,
      mode: this.#mode,
      pictures: this.#pictures.shelf.own.flatMap(({ file }) => file ?? []),
      samples: this.#pictures.samples,
    };
  }

  /** Says, for good, that the page works without a network. */
  tellOffline() {
    this.#parts.privacy.lastElementChild?.append(" Ready for offline use.");
  }

  #listenToColumns() {
    this.listen(this.#settings, "change", () => this.#follow());
    this.listen(this.#editors, "edit", ({ detail }) => {
      if ("labels" in detail) {
        this.#meantTo = this.#pictures.shelf.added;
        this.#meantForNext = this.#pictures.now.added === 0;
      }
      this.#settings.change(this.#unsaid(detail));
    });
    this.listen(this.#pictures, "chosen", ({ detail: { sample, byItself } }) =>
      byItself ? this.#settings.correct({ sample }) : this.#settings.change({ sample }),
    );
    this.listen(this.#pictures, "blank", ({ detail }) => this.#forget(detail.message));
    this.listen(this.#pictures, "gathered", () => {
      if (this.#meantForNext) this.#meantTo = Math.max(this.#meantTo, this.#pictures.shelf.added);
      this.#meantForNext = false;
      this.#filmstrip.ask(this.#question);
    });
    this.listen(this.#pictures, "model-file", ({ detail }) => this.send("open-model", detail));
    this.listen(this.#session, "model", () => this.#startOver());
    this.listen(this.#session, "status", () => {
      if (this.#session.status === "failed") this.#forget("No scores: the engine is not running.");
    });
  }

  #listenToAnswers() {
    const inquiry = this.#inquiry;
    this.listen(inquiry, "busy", ({ detail }) => {
      this.#busy = detail;
      this.#tellWork();
    });
    this.listen(inquiry, "picture", ({ detail }) => (this.#parts.stage.size = { ...detail, crops: this.#session.info?.crops }));
    this.listen(inquiry, "picture-fault", ({ detail }) => {
      this.#pictures.fault = detail;
      this.#forget("No scores: the picture could not be read.");
    });
    this.listen(inquiry, "question-fault", ({ detail }) => this.#failQuestion(detail));
    this.listen(inquiry, "answer", ({ detail }) => this.#showAnswer(detail));
  }

  /** @param {Answer} answer */
  async #showAnswer(answer) {
    this.#scores.show(answer, { ...this.#pictures.now, borrowed: this.#borrowed });
    this.#heatmap.follow(this.#pictures.now.moves ? null : answer);
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => this.send("announce", { text: this.#scores.text }), ANNOUNCE_MS);
    this.#tellKnownWords(answer);
    const opinion = await this.#second.ask(answer);
    if (opinion) this.#scores.support(opinion);
  }

  /** Says which labels are in words that the model does not know. @param {Answer} answer */
  async #tellKnownWords(answer) {
    const { source, shipped } = this.#session;
    const { names, languages } = await wordsOf(source);
    const { labels } = answer.question;
    const untaught = names?.missing(labels) ?? [];
    const { origin } = this.#pictures.now;
    const isDrawn = origin === "drawing" || (origin === "sample" && this.#settings.current.labels === null);
    const drawn = isDrawn ? [] : (names?.drawn(labels) ?? []);
    this.#scores.tellKnownWords(answer, { untaught, drawn, languages: shipped ? "english" : languages });
  }

  /** What the labels were written for: the last sample, where it is not on the stage, or another picture. @returns {Borrowed} */
  get #borrowed() {
    const { origin, labels, added } = this.#pictures.now;
    if (this.#settings.current.labels === null) return origin !== "sample" && labels.length > 0 ? "sample" : null;
    return added > this.#meantTo ? "picture" : null;
  }

  /** @param {CaveatAction} does */
  #act(does) {
    if (does === "show-models") return this.send("open-model", { id: OPEN_VOCABULARY });
    if (does === "write-labels") return this.#parts.labels.select();
    this.#meantTo = Infinity;
    this.#scores.keepLabels();
    this.#parts.heat.focus({ preventScroll: true }); // the button that was pressed is gone
  }

  /** Shows what the settings say, and asks anew. */
  #follow() {
    this.#pictures.showSample(this.#settings.current.sample);
    this.#read();
    this.#unasked = true;
    this.#tellWork();
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#ask(), TYPING_MS);
  }

  /** Another model: the same picture and question, from the start. */
  #startOver() {
    this.#filmstrip.forget();
    this.#editors.ensemble = this.#session.info?.ensemble ?? [];
    this.#read();
    this.#ask();
    this.#pictures.again();
  }

  #ask() {
    this.#inquiry.ask(this.#question);
    this.#filmstrip.ask(this.#question);
    this.#unasked = false;
    this.#tellWork();
    if (!this.#question) this.#scores.stale = true;
  }

  /** @param {string} message what stands in place of the scores */
  #forget(message) {
    this.#scores.forget(message);
    this.#heatmap.follow(null);
  }

  #tellWork() {
    const working = this.#busy || this.#unasked;
    if (working) this.#second.stop();
    this.#scores.stale = working;
    this.send("working", { working });
  }

  /** Shows the texts in their fields, and makes the question of them. */
  #read() {
    const { labels, templates } = this.#settings.current;
    this.#scores.mode = this.#mode;
    const lines = this.#editors.read(
      { text: this.#labelText(), own: labels !== null || this.#borrowed !== null },
      { text: this.#templateText(), own: templates !== null },
    );
    this.#question = lines && { ...lines, mode: this.#mode };
  }

  /**
   * A change that chooses the model's own mode, where the demo names no other, is a change back to saying nothing.
   *
   * @param {Partial<Settings>} change
   */
  #unsaid(change) {
    const isOwn = change.mode !== undefined && change.mode === this.#session.info?.mode && this.#demo.mode === null;
    return isOwn ? { ...change, mode: null } : change;
  }

  /** The mode that was chosen, else the model's own. */
  get #mode() {
    return this.#settings.current.mode ?? this.#session.info?.mode ?? "softmax";
  }

  #labelText() {
    const offered = [this.#pictures.now.labels, this.#demo.labels, PRESETS.labels[0].lines];
    return this.#settings.current.labels ?? (offered.find(({ length }) => length > 0) ?? []).join("\n");
  }

  #templateText() {
    const usual = this.#demo.templates.length > 0 ? this.#demo.templates : (this.#session.info?.templates ?? ["{}"]);
    return this.#settings.current.templates ?? usual.join("\n");
  }

  /** @param {unknown} error */
  #failQuestion(error) {
    if (!this.#editors.blame(codeOf(error), sentence(error))) this.#scores.fault = sentence(error);
    this.#forget("No scores for these labels.");
  }
}

customElements.define("classify-view", ClassifyView);
