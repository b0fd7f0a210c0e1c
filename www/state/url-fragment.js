// @ts-check
/** @import { ModelChoice } from "./model-choice.js" */
/**
 * The settings that a visitor can share, and how the address encodes them after `#`: one `label=` a label, one `template=` a
 * template, `mode=`, `sample=`, `tab=`; `model=` with `revision=`, `dtype=` and `sha256=`. Pictures are never part of it. A list
 * that is too long for an address is kept in this browser; `labels=` and `templates=` name it there.
 *
 * @typedef {"softmax" | "independent"} Mode
 * @typedef {object} Settings
 * @property {string | null} labels the label editor's text, one label a line; `null`: those of the sample on the stage
 * @property {string | null} templates the template editor's text, one a line; `null`: the model's own
 * @property {Mode | null} mode `null`: the model's own
 * @property {string | null} sample the file name of the sample on the stage, if it is one
 * @property {string | null} tab the tab in view; `null`: the first
 * @property {ModelChoice | null} model `null`: the page's own
 *
 * @typedef {{ labels?: string, templates?: string }} KeptNames what the lists are kept as that an address is too short for
 */

/** More lines than any field takes: a longer link is cut here, not obeyed. */
const MOST_LINES = 20_000;

export const fragment = Object.freeze({
  /**
   * @param {string} hash with or without its `#`
   * @returns {{ settings: Partial<Settings>, kept: KeptNames }} only what the fragment says
   */
  parse(hash) {
    const said = new URLSearchParams(hash.replace(/^#/, ""));
    /** @type {Partial<Settings>} */
    const settings = {};
    if (said.has("label")) settings.labels = lines(said.getAll("label"));
    if (said.has("template")) settings.templates = lines(said.getAll("template"));
    const mode = said.get("mode");
    if (mode === "softmax" || mode === "independent") settings.mode = mode;
    if (said.has("sample")) settings.sample = said.get("sample");
    if (said.has("tab")) settings.tab = said.get("tab");
    const name = said.get("model");
    if (name) settings.model = { name, revision: said.get("revision"), dtype: said.get("dtype"), sha256: hexadecimal(said.get("sha256")) };
    return { settings, kept: { labels: said.get("labels") ?? undefined, templates: said.get("templates") ?? undefined } };
  },

  /**
   * @param {Settings} settings
   * @param {Mode | null} [usual] the mode that goes without saying
   * @param {KeptNames} [kept] names in place of the lists themselves
   * @returns {string} begins with `#`, or is empty where everything is as at the start
   */
  format({ labels, templates, mode, sample, tab, model }, usual = null, kept = {}) {
    const said = new URLSearchParams();
    if (kept.labels) said.set("labels", kept.labels);
    else for (const label of filled(labels)) said.append("label", label);
    if (kept.templates) said.set("templates", kept.templates);
    else for (const template of filled(templates)) said.append("template", template);
    if (mode !== null && mode !== usual) said.set("mode", mode);
    if (sample !== null) said.set("sample", sample);
    if (tab !== null) said.set("tab", tab);
    if (model) said.set("model", model.name);
    for (const part of /** @type {const} */ (["revision", "dtype", "sha256"])) if (model?.[part]) said.set(part, model[part]);
    const text = said.toString();
    return text && `#${text}`;
  },
});

/** @param {string[]} values */
function lines(values) {
  return values
    .slice(0, MOST_LINES)
    .map((value) => value.replace(/[\r\n]+/g, " "))
    .join("\n");
}

/** @param {string | null} text */
function filled(text) {
  return (text ?? "").split("\n").filter((line) => line.trim() !== "");
}

/** @param {string | null} text @returns {string | null} `null` where it is no SHA-256 */
function hexadecimal(text) {
  return text && /^[0-9a-f]{64}$/i.test(text) ? text.toLowerCase() : null;
}
