// @ts-check
/**
 * What a visitor can set and share, and how it is spelt in the address after `#`: one `label=` a label, one `template=` a
 * template, `mode=`, `sample=`, `tab=`. Pictures are never part of it.
 *
 * @typedef {"softmax" | "independent"} Mode
 * @typedef {object} Settings
 * @property {string | null} labels the label editor's text, one label a line; `null`: those of the sample on the stage
 * @property {string | null} templates the template editor's text, one a line; `null`: the model's own
 * @property {Mode | null} mode `null`: the model's own
 * @property {string | null} sample the file name of the sample on the stage, if it is one
 * @property {string | null} tab the tab in view; `null`: the first
 */

/** More lines than anyone types: a longer link is cut here, not obeyed. */
const MOST_LINES = 1000;

export const fragment = Object.freeze({
  /**
   * @param {string} hash with or without its `#`
   * @returns {Partial<Settings>} only what the fragment says
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
    return settings;
  },

  /**
   * @param {Settings} settings
   * @param {Mode | null} [usual] the mode that goes without saying
   * @returns {string} begins with `#`, or is empty where everything is as at the start
   */
  format({ labels, templates, mode, sample, tab }, usual = null) {
    const said = new URLSearchParams();
    for (const label of filled(labels)) said.append("label", label);
    for (const template of filled(templates)) said.append("template", template);
    if (mode !== null && mode !== usual) said.set("mode", mode);
    if (sample !== null) said.set("sample", sample);
    if (tab !== null) said.set("tab", tab);
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
