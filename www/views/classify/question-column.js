// @ts-check
/** @import { Settings } from "../../state/url-fragment.js" */
/** @import { ClassifyParts } from "./classify-layout.js" */
/** @import { Question } from "./picture-question.js" */
import { readLabels } from "../../state/label-lines.js";
import { readTemplates } from "../../state/template-lines.js";
import { PRESETS } from "./presets.js";

/** The engine's error codes that concern labels rather than templates. */
const LABEL_FAULTS = new Set(["empty-label", "long-label", "no-labels"]);

/** Labels and templates as the visitor writes them. Event `edit` with `detail`, the settings that change. */
export class QuestionColumn extends EventTarget {
  #parts;
  #templatePresets = PRESETS.templates;

  /**
   * @param {ClassifyParts} parts
   * @param {AbortSignal} signal ends all listening
   */
  constructor(parts, signal) {
    super();
    this.#parts = parts;
    const { labels, templates, modeSwitch } = parts;
    labels.presets = [{ id: "sample", title: "For this sample" }, ...PRESETS.labels];
    this.ensemble = [];

    const on = (
      /** @type {EventTarget} */ target,
      /** @type {string} */ type,
      /** @type {(detail: any) => Partial<Settings>} */ edit,
    ) =>
      target.addEventListener(type, (event) => this.#edit(edit(/** @type {CustomEvent} */ (event).detail)), { signal });
    on(labels, "edit-lines", ({ text }) => ({ labels: text }));
    on(labels, "choose-preset", ({ id }) => ({ labels: presetText(PRESETS.labels, id) }));
    on(templates, "edit-lines", ({ text }) => ({ templates: text }));
    on(templates, "choose-preset", ({ id }) => ({ templates: presetText(this.#templatePresets, id) }));
    on(modeSwitch, "change-mode", ({ mode }) => ({ mode }));
  }

  /** The templates that the model's record names for an ensemble: one more preset, where there are several. */
  set ensemble(/** @type {string[]} */ lines) {
    const own = { id: "model-ensemble", title: `The model’s ${lines.length} templates`, lines };
    this.#templatePresets = lines.length > 1 ? [own, ...PRESETS.templates] : PRESETS.templates;
    this.#parts.templates.presets = [{ id: "model", title: "The model’s default" }, ...this.#templatePresets];
  }

  /**
   * Shows the texts, and what is wrong with them beside each.
   *
   * @param {{ text: string, own: boolean }} labelField `own`: the text is the visitor's, not the sample's
   * @param {{ text: string, own: boolean }} templateField `own`: the text is the visitor's, not the model's
   * @returns {Omit<Question, "mode"> | null} `null` where a field cannot be used
   */
  read({ text: labelText, own: ownLabels }, { text: templateText, own: ownTemplates }) {
    const { labels, templates } = this.#parts;
    const labelLines = readLabels(labelText);
    const templateLines = readTemplates(templateText);
    labels.text = labelText;
    labels.reading = labelLines;
    labels.chosenPreset = ownLabels ? presetOf(PRESETS.labels, labelText) : "sample";
    templates.text = templateText;
    templates.reading = templateLines;
    templates.chosenPreset = ownTemplates ? presetOf(this.#templatePresets, templateText) : "model";
    templates.sample = { label: labelLines.labels[0] ?? "", count: labelLines.labels.length };
    const usable = labelLines.labels.length > 0 && templateLines.problems.length === 0;
    return usable ? { labels: labelLines.labels, templates: templateLines.templates } : null;
  }

  /**
   * Shows a fault that the engine found.
   *
   * @param {string} code
   * @param {string} message
   * @returns {boolean} whether it is about this column
   */
  blame(code, message) {
    if (code === "template") this.#parts.templates.fault = message;
    else if (LABEL_FAULTS.has(code)) this.#parts.labels.fault = message;
    else return false;
    return true;
  }

  /** @param {Partial<Settings>} detail */
  #edit(detail) {
    this.dispatchEvent(new CustomEvent("edit", { detail }));
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

/**
 * @param {{ id: string, lines: string[] }[]} presets
 * @param {string} text
 * @returns {string | null} the preset that says just this
 */
function presetOf(presets, text) {
  return presets.find(({ lines }) => lines.join("\n") === text)?.id ?? null;
}
