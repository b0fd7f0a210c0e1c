// @ts-check
/**
 * The Model view: what the loaded model is and is for, whether it computes here as it should, other models, and what this
 * browser gives the engine. `input[type=file]` labelled "Model file" takes a model; an error about it is in the
 * `role="alert"` beside the models.
 */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { KnownWords } from "../../state/words-of.js" */
/** @import { ModelInfo } from "../../../pkg/engine/protocol/types.js" */
import "../../components/error-note/error-note.js";
import "../../components/fact-list/fact-list.js";
import "../../components/load-progress/load-progress.js";
import "../../components/model-list/model-list.js";
import { flavourText } from "../flavour-text.js";
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { SHIPPED } from "../../state/shipped-models.js";
import { languagesOf } from "../../state/words-of.js";
import { fetchGolden, verify } from "./golden-vectors.js";
import { cardFacts, fetchCard } from "./model-card.js";
import { limitLines, modelLayout } from "./model-layout.js";
import { OtherModels } from "./other-models.js";

const ENGLISH_ONLY = "It was trained on English text. Labels in other languages are mostly noise to it.";
const PERHAPS_ENGLISH_ONLY = "Most models were trained on English text: to them, labels in other languages are mostly noise.";

export class ModelView extends Component {
  #parts = modelLayout();
  #session;
  #others;
  #offline = "";
  /** The model whose card is shown. @type {ModelInfo | null} */
  #carded = null;

  /** @param {{ session: ModelSession }} wiring */
  constructor({ session }) {
    super();
    this.#session = session;
    this.#others = new OtherModels(this.#parts, session, this.lifetime);
  }

  build() {
    this.append(...this.#parts.columns);
    this.listen(this.#session, "model", () => this.#showModel());
    this.#showModel();
    this.listen(this.#session, "status", () => this.#showEngine());
    this.listen(this.#parts.verify, "click", () => this.#verify());
    this.listen(this.#others, "loaded", () =>
      this.send("announce", { text: `${this.#session.info?.name} is loaded.` }),
    );
  }

  /** @param {File[]} files loaded in place of the present model; a fault is told here, and the present one stays */
  openFiles(files) {
    return this.#others.openFiles(files);
  }

  /** Shows the models at hand, which other tabs and downloads change. @param {string} [id] whose button gets the focus */
  async refresh(id) {
    this.#showCard();
    await this.#others.refresh();
    if (id) this.#others.pointOut(id);
  }

  /** Shows where a model can be had that an address asks for. @param {import("../../state/model-choice.js").ModelChoice} choice */
  offer(choice) {
    return this.#others.offer(choice);
  }

  /** @param {string} words whether this page is ready for use offline, and why not */
  tellOffline(words) {
    this.#offline = words;
    this.#showEngine();
  }

  #showModel() {
    const { info, own } = this.#session;
    if (!info) return;
    const { name, description, back, facts, record, verdict } = this.#parts;
    name.textContent = info.name;
    description.textContent = info.description;
    back.hidden = own;
    this.#showLimits();
    facts.facts = modelFacts(info);
    record.facts = originFacts(info);
    verdict.replaceChildren();
    this.#showEngine();
    if (!this.hidden) this.#showCard();
  }

  /** Before its record is read, nothing is said of a model's languages. @param {KnownWords["languages"]} [languages] */
  #showLimits(languages) {
    const { shipped } = this.#session;
    const lines = shipped ? [SHIPPED[shipped].limit] : [];
    if (shipped || languages === "english") lines.push(ENGLISH_ONLY);
    else if (languages === "unknown") lines.push(PERHAPS_ENGLISH_ONLY);
    this.#parts.limits.replaceChildren(...limitLines(lines));
  }

  /** Adds what the model's record says, once somebody looks. */
  async #showCard() {
    const { info, engine, source } = this.#session;
    const { facts, record } = this.#parts;
    if (!info || !engine || this.#carded === info) return;
    this.#carded = info;
    const told = source && "id" in source ? fetchCard(source.id, this.lifetime) : {};
    const [sha256, card] = await Promise.all([engine.modelHash(), told]);
    if (this.#session.info !== info) return;
    this.#showLimits(languagesOf(card));
    const { brief, full } = cardFacts(card, sha256, info.dtype);
    facts.facts = [...modelFacts(info), ...brief];
    record.facts = [...originFacts(info), ...full];
  }

  /** Compares this browser's numbers with the native ones, and says so in green or red. */
  async #verify() {
    const { engine, source } = this.#session;
    const { verify: button, verdict } = this.#parts;
    if (!engine) return;
    button.disabled = true;
    verdict.replaceChildren("Comparing.");
    try {
      const golden = source && "id" in source ? await fetchGolden(source.id, await engine.modelHash()) : null;
      if (golden) {
        const checks = await verify(engine, golden);
        verdict.replaceChildren(...checks.map(checkLine));
      } else verdict.replaceChildren("There are no golden vectors for this model, only for the built-in ones.");
    } catch (error) {
      verdict.replaceChildren(sentence(error));
    } finally {
      button.disabled = false;
    }
  }

  #showEngine() {
    const { engine, info } = this.#session;
    const offered = engine?.capabilities;
    if (!engine || !offered) return;
    this.#parts.engineFacts.facts = [
      ["Build in use", info ? flavourText(info.flavour, info.threads) : "still loading"],
      ["WebAssembly SIMD", offered.simd ? "yes" : "no"],
      ["Relaxed SIMD", offered.relaxed ? "yes" : "no; scores are the same without it, only slower"],
      ["Threads", offered.isolated ? "allowed" : "not on this visit: the page is not cross-origin isolated"],
      ["Processors", numberText.count(offered.cores)],
      ["Memory", memory()],
      ["Offline use", this.#offline],
      ["Cross-origin isolated", offered.isolated ? "yes" : "no"],
    ];
  }
}

/** @param {import("./golden-vectors.js").Check} check */
function checkLine({ name, passed, figures }) {
  return element(
    "p",
    { class: passed ? "check passed" : "check" },
    icon(passed ? "done" : "alert"),
    element("span", {}, `${name}: ${passed ? "matches" : "differs"}. ${figures}.`),
  );
}

/** What the device says of its memory, which only Chromium does. */
function memory() {
  const gigabytes = Reflect.get(navigator, "deviceMemory");
  return gigabytes ? `${gigabytes} GB or more` : "";
}

/**
 * @param {ModelInfo} info
 * @returns {[string, string][]}
 */
function modelFacts(info) {
  return [
    ["Architecture", info.architecture],
    ["Parameters", numberText.parameters(info.parameters)],
    ["Weights", `${info.dtype}, ${numberText.bytes(info.bytes)} in memory`],
    ["Input", `${info.image_size} × ${info.image_size} px`],
    ["Context", `${info.context_length} tokens`],
    ["Licence", info.license],
  ];
}

/**
 * @param {ModelInfo} info
 * @returns {[string, string][]}
 */
function originFacts(info) {
  return [
    ["Source", info.source],
    ["Templates", info.templates.join("\n")],
    ["Logit scale", info.logit_scale.toFixed(2)],
  ];
}

customElements.define("model-view", ModelView);
