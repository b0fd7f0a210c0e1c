// @ts-check
/**
 * The Model view: what the loaded model is, what it is for, another one from disk, and what this browser gives the engine.
 * `input[type=file]` labelled "Model file" takes a `.gguf`; an error about it is in the `role="alert"` below.
 */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @typedef {import("../../engine/types.d.ts").LoadProgress} LoadProgress */
/** @typedef {import("../../engine/types.d.ts").ModelInfo} ModelInfo */
/** @typedef {import("../../engine/types.d.ts").ModelSource} ModelSource */
import "../../components/error-note/error-note.js";
import "../../components/fact-list/fact-list.js";
import { Component } from "../../dom/component.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { cardFacts, fetchCard } from "./model-card.js";
import { limitLines, modelLayout } from "./model-layout.js";

const DRAWINGS_ONLY = "This model has seen only drawings and emoji. What it says about photographs means little.";
const ENGLISH_ONLY = "It reads English. Labels in other languages are mostly noise to it.";

/** @type {Record<string, string>} */
const STAGES = { download: "Fetching", read: "Reading", prepare: "Preparing" };

export class ModelView extends Component {
  #parts = modelLayout();
  #session;
  #offline = "";

  /** @param {{ session: ModelSession }} wiring */
  constructor({ session }) {
    super();
    this.#session = session;
  }

  build() {
    this.append(...this.#parts.columns);
    const session = this.#session;
    const { open, back, cancel, fileInput } = this.#parts;
    this.listen(session, "model", () => this.#showModel());
    this.#showModel();
    this.listen(session, "status", () => this.#showEngine());
    this.listen(session, "progress", ({ detail }) => this.#showProgress(detail));
    this.listen(open, "click", () => fileInput.click());
    this.listen(back, "click", () => this.#load(() => session.loadOwn()));
    this.listen(cancel, "click", () => session.cancelLoad());
    this.listen(fileInput, "change", () => {
      const [file] = fileInput.files ?? [];
      fileInput.value = "";
      if (file) this.openFile(file);
    });
  }

  /** @param {File} file loaded in place of the present model; a fault is told here, and the present one stays */
  openFile(file) {
    return this.#load(() => this.#session.load({ file }));
  }

  /** @param {string} words whether this page is ready for use offline, and why not */
  tellOffline(words) {
    this.#offline = words;
    this.#showEngine();
  }

  /** @param {() => Promise<void>} load */
  async #load(load) {
    this.#parts.fault.fault = null;
    try {
      await load();
      this.send("announce", { text: `${this.#session.info?.name} is loaded.` });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      const kept = this.#session.info ? ` ${this.#session.info.name} stays in place.` : "";
      this.#parts.fault.fault = { message: `${sentence(error)}${kept}` };
    }
  }

  /** @param {LoadProgress | null} progress */
  #showProgress(progress) {
    const { cancel, progress: line, open } = this.#parts;
    line.hidden = progress === null;
    cancel.hidden = progress === null;
    open.hidden = progress !== null;
    if (!progress) return;
    const total = progress.total > 0 ? ` of ${numberText.bytes(progress.total)}` : "";
    line.textContent = `${STAGES[progress.stage] ?? "Loading"}: ${numberText.bytes(progress.loaded)}${total}`;
  }

  async #showModel() {
    const { info, embedded, own, engine } = this.#session;
    if (!info || !engine) return;
    this.#parts.name.textContent = info.name;
    this.#parts.description.textContent = info.description;
    this.#parts.back.hidden = own;
    this.#parts.limits.replaceChildren(...limitLines(embedded ? [DRAWINGS_ONLY, ENGLISH_ONLY] : [ENGLISH_ONLY]));
    this.#parts.facts.facts = modelFacts(info);
    this.#showEngine();
    const [sha256, card] = await Promise.all([engine.modelHash(), embedded ? fetchCard(this.lifetime) : {}]);
    if (this.#session.info === info) this.#parts.facts.facts = [...modelFacts(info), ...cardFacts(card, sha256)];
  }

  #showEngine() {
    const engine = this.#session.engine;
    const offered = engine?.capabilities;
    if (!engine || !offered) return;
    this.#parts.engineFacts.facts = [
      ["Build in use", engine.flavour === "relaxed" ? "relaxed SIMD" : "SIMD"],
      ["WebAssembly SIMD", offered.simd ? "yes" : "no"],
      ["Relaxed SIMD", offered.relaxed ? "yes" : "no; the scores are the same without, only slower"],
      ["Threads", "1"],
      ["Processors", numberText.count(offered.cores)],
      ["Offline use", this.#offline],
      ["Isolated from other sites", offered.isolated ? "yes" : "no"],
    ];
  }
}

/**
 * @param {ModelInfo} info
 * @returns {[string, string][]}
 */
function modelFacts(info) {
  return [
    ["Architecture", info.architecture],
    ["Parameters", numberText.parameters(info.parameters)],
    ["Weights", `${info.dtype}, ${numberText.bytes(info.bytes)}`],
    ["Sees", `${info.image_size} × ${info.image_size} pixels`],
    ["Reads", `up to ${info.context_length} tokens`],
    ["Templates", info.templates.join("\n")],
    ["Logit scale", info.logit_scale.toFixed(2)],
    ["Licence", info.license],
    ["Source", info.source],
  ];
}

customElements.define("model-view", ModelView);
