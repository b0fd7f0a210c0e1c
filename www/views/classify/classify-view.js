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
/** @import { Answer, Question } from "./picture-question.js" */
/** @import { StagePicture } from "./picture-shelf.js" */
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
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";
import { readLabels } from "../../state/label-lines.js";
import { sentence } from "../../state/sentence.js";
import { readTemplates } from "../../state/template-lines.js";
import { answerFacts } from "./answer-facts.js";
import { caveats } from "./caveats.js";
import { classifyLayout } from "./classify-layout.js";
import { clipboardPicture } from "./clipboard-picture.js";
import { listenForFiles } from "./intake.js";
import { PictureQuestion } from "./picture-question.js";
import { PictureShelf } from "./picture-shelf.js";
import { PRESETS } from "./presets.js";
import { resultDocument } from "./result-document.js";
import { fetchSamples } from "./samples.js";

/** Typing rests this long before the scores follow. */
const TYPING_MS = 60;

const MODE_HINTS = {
  softmax: "Shares of 100 % among these labels. One always wins, even when none fits.",
  independent: "Each label against no label at all: above 50 % it fits better than nothing does.",
};

/** How long "Copied" stands on a button. */
const COPIED_MS = 1600;
/** A screen reader hears an answer once it has rested this long. */
const ANNOUNCE_MS = 900;

export class ClassifyView extends Component {
  #parts = classifyLayout();
  #shelf = new PictureShelf();
  /** @type {StagePicture | null} */
  #shown = null;
  /** @type {string[]} the labels of the last sample, for as long as the visitor has none of their own */
  #sampleLabels = [];
  /** @type {Answer | null} */
  #answer = null;
  #typing = 0;
  #announcing = 0;
  /** @type {ModelSession} */
  #session;
  /** @type {SettingsStore} */
  #settings;
  /** @type {PictureQuestion} */
  #inquiry;

  build() {
    this.append(...this.#parts.columns);
    this.#parts.readout.message = "The model is loading.";
    this.#parts.labels.presets = [{ id: "sample", title: "For this sample" }, ...PRESETS.labels];
    this.#parts.templates.presets = [{ id: "model", title: "The model’s own" }, ...PRESETS.templates];
    this.#parts.paste.hidden = !navigator.clipboard?.read;
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
    this.#listenToPictures();
    this.#listenToQuestion();
    this.#listenToAnswers();
    this.listen(settings, "change", () => this.#follow());
    this.listen(session, "model", () => this.#startOver());
    await this.#openSamples();
  }

  async #openSamples() {
    try {
      this.#shelf.setSamples(await fetchSamples(this.lifetime));
    } catch (error) {
      this.#parts.pictureFault.fault = { message: sentence(error) };
    }
    this.#parts.sampleStrip.entries = this.#shelf.samples;
    this.#follow();
  }

  #listenToPictures() {
    const { stage, open, paste, fileInput, ownStrip, sampleStrip, pictureFault } = this.#parts;
    listenForFiles(
      {
        files: (files) => this.#take(files),
        hovering: (hovering) => (stage.dropping = hovering),
        refused: (message) => (pictureFault.fault = { message }),
      },
      this.lifetime,
    );
    this.listen(open, "click", () => fileInput.click());
    this.listen(fileInput, "change", () => {
      this.#take([...(fileInput.files ?? [])]);
      fileInput.value = "";
    });
    this.listen(paste, "click", () => this.#paste());
    for (const strip of [ownStrip, sampleStrip]) {
      this.listen(strip, "choose-picture", ({ detail }) => this.#choose(detail.id));
    }
  }

  #listenToQuestion() {
    const { labels, templates, modeSwitch } = this.#parts;
    this.listen(labels, "edit-labels", ({ detail }) => this.#settings.change({ labels: detail.text }));
    this.listen(labels, "choose-preset", ({ detail }) => this.#settings.change({ labels: presetText(PRESETS.labels, detail.id) }));
    this.listen(templates, "edit-templates", ({ detail }) => this.#settings.change({ templates: detail.text }));
    this.listen(templates, "choose-template-preset", ({ detail }) => this.#settings.change({ templates: presetText(PRESETS.templates, detail.id) }));
    this.listen(modeSwitch, "change-mode", ({ detail }) => this.#settings.change({ mode: detail.mode }));
  }

  #listenToAnswers() {
    const { stage, copyLink, copyJson } = this.#parts;
    const inquiry = this.#inquiry;
    this.listen(inquiry, "busy", ({ detail }) => {
      this.#parts.scoreList.stale = detail;
      this.send("working", { working: detail });
    });
    this.listen(inquiry, "picture", ({ detail }) => (stage.size = detail));
    this.listen(inquiry, "picture-fault", ({ detail }) => this.#failPicture(detail));
    this.listen(inquiry, "question-fault", ({ detail }) => this.#failQuestion(detail));
    this.listen(inquiry, "answer", ({ detail }) => this.#showAnswer(detail));
    this.listen(copyLink, "click", () => this.#copy(copyLink, () => this.#settings.linkTo({ labels: this.#labelText() })));
    this.listen(copyJson, "click", () => this.#copy(copyJson, () => this.#resultText()));
  }

  /** Shows what the settings say and asks anew. */
  #follow() {
    const { sample: file, mode } = this.#settings.current;
    const wanted = this.#shelf.findSample(file) ?? (this.#shown ? null : this.#shelf.samples[0]);
    if (wanted && wanted !== this.#shown) this.#show(wanted);
    this.#parts.labels.text = this.#labelText();
    this.#parts.templates.text = this.#templateText();
    this.#parts.modeSwitch.mode = mode;
    this.#parts.modeHint.textContent = MODE_HINTS[mode];
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.#inquiry.ask(this.#readQuestion()), TYPING_MS);
  }

  /** Another model: the same picture and question, from the start. */
  #startOver() {
    this.#parts.templates.text = this.#templateText();
    this.#inquiry.ask(this.#readQuestion());
    if (this.#shown) this.#show(this.#shown);
  }

  #labelText() {
    return this.#settings.current.labels ?? this.#sampleLabels.join("\n");
  }

  #templateText() {
    return this.#settings.current.templates ?? (this.#session.info?.templates ?? ["{}"]).join("\n");
  }

  /** @returns {Question | null} `null` where a field cannot be used; the fields say why */
  #readQuestion() {
    const labels = readLabels(this.#labelText());
    const templates = readTemplates(this.#templateText());
    this.#parts.labels.reading = labels;
    this.#parts.templates.reading = templates;
    this.#parts.templates.sample = { label: labels.labels[0] ?? "", count: labels.labels.length };
    const usable = labels.labels.length > 0 && templates.problems.length === 0;
    this.#parts.scoreList.stale = !usable;
    return usable ? { labels: labels.labels, templates: templates.templates, mode: this.#settings.current.mode } : null;
  }

  /** @param {File[]} files */
  #take(files) {
    const model = files.find(({ name }) => /\.gguf$/i.test(name));
    if (model) return this.send("open-model", { file: model });
    if (files.length === 0) return;
    const [first] = this.#shelf.add(files);
    this.#parts.ownStrip.entries = this.#shelf.own;
    this.#choose(first.id);
  }

  async #paste() {
    try {
      this.#take([await clipboardPicture()]);
    } catch (error) {
      this.#parts.pictureFault.fault = { message: sentence(error) };
    }
  }

  /** @param {string} id */
  #choose(id) {
    const picture = this.#shelf.find(id);
    if (!picture) return;
    this.#show(picture);
    this.#settings.change({ sample: picture.sample?.file ?? null });
  }

  /** @param {StagePicture} picture */
  #show(picture) {
    const { stage, pictureFault, ownStrip, sampleStrip } = this.#parts;
    this.#shown = picture;
    if (picture.sample) this.#sampleLabels = picture.sample.labels;
    pictureFault.fault = null;
    stage.picture = { src: picture.src, alt: picture.alt, caption: picture.title };
    ownStrip.chosen = picture.id;
    sampleStrip.chosen = picture.id;
    this.#inquiry.show(picture.read);
  }

  /** @param {Answer} answer */
  #showAnswer(answer) {
    const { readout, scoreList, scoresFault, facts, caveats: list } = this.#parts;
    const info = this.#session.info;
    if (!info) return;
    this.#answer = answer;
    const { result, picture, question } = answer;
    scoresFault.fault = null;
    readout.answer = { scores: result.scores, mode: question.mode };
    scoreList.scores = result.scores;
    facts.facts = answerFacts(answer, info);
    const notes = caveats({ picture, question, info, drawingsOnly: this.#session.embedded, fromCamera: this.#shown?.fromCamera ?? false });
    list.replaceChildren(...notes.map((note) => element("li", {}, icon("note"), note)));
    this.#setCopyable(true);
    clearTimeout(this.#announcing);
    this.#announcing = setTimeout(() => this.send("announce", { text: readout.text }), ANNOUNCE_MS);
  }

  /** @param {unknown} error */
  #failPicture(error) {
    this.#parts.pictureFault.fault = { message: sentence(error) };
    this.#forgetAnswer("No scores: the picture could not be read.");
  }

  /** @param {unknown} error */
  #failQuestion(error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    const message = sentence(error);
    if (code === "template") this.#parts.templates.fault = message;
    else if (code === "empty-label" || code === "long-label" || code === "no-labels") this.#parts.labels.fault = message;
    else this.#parts.scoresFault.fault = { message };
    this.#forgetAnswer("No scores for this question.");
  }

  /** @param {string} message */
  #forgetAnswer(message) {
    this.#answer = null;
    this.#parts.readout.message = message;
    this.#parts.scoreList.scores = [];
    this.#parts.facts.facts = [];
    this.#parts.caveats.replaceChildren();
    this.#setCopyable(false);
  }

  /** @param {boolean} copyable */
  #setCopyable(copyable) {
    this.#parts.copyJson.disabled = !copyable;
  }

  async #resultText() {
    const { engine, info } = this.#session;
    if (!this.#answer || !engine || !info) throw new Error("There is no result to copy.");
    return resultDocument(this.#answer, info, await engine.modelHash(), this.#shown?.title ?? "");
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {() => string | Promise<string>} write
   */
  async #copy(button, write) {
    const title = button.lastChild;
    const was = title?.textContent ?? "";
    if (!title || button.dataset.copied) return;
    button.dataset.copied = "";
    try {
      await navigator.clipboard.writeText(await write());
      title.textContent = "Copied";
      this.send("announce", { text: `${was}: copied.` });
    } catch {
      title.textContent = "Not allowed here";
    }
    setTimeout(() => {
      title.textContent = was;
      delete button.dataset.copied;
    }, COPIED_MS);
  }
}

/**
 * @param {{ id: string, lines: string[] }[]} presets
 * @param {string} id
 * @returns {string | null} `null` for what is no preset: the sample's labels, the model's templates
 */
function presetText(presets, id) {
  return presets.find((preset) => preset.id === id)?.lines.join("\n") ?? null;
}

customElements.define("classify-view", ClassifyView);
