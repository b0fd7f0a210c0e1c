// @ts-check
/** Shows an evaluation as figures, tables and charts. */
import { element } from "../../dom/element.js";
import { reliabilityChart } from "../research/charts.js";
import { figure } from "../research/figure.js";
import { intervalText, movedTable, percent, rangeText, table, withInterval } from "../research/tables.js";
/** @import { Child } from "../../dom/element.js" */

/** Why there is no temperature, by what the evaluation says. */
const NO_TEMPERATURE = /** @type {Record<string, string>} */ ({
  "every-picture-right": "none: every picture is classified correctly, so a lower temperature always fits better",
  "lower-is-likelier": "none: the lower the temperature, the better the fit",
  "higher-is-likelier": "none: uniform scores would fit better than these",
});

/** A matrix of more labels than this is a list of its confused pairs instead. */
const MOST_CELLS = 60;

/**
 * @param {any} evaluation of `clip-wasm eval`
 * @param {(truth: string, predicted: string) => void} choose shows the pictures of a cell
 * @returns {{ facts: [string, Child][], parts: HTMLElement[], told: string }} `told` is said aloud
 */
export function results(evaluation, choose) {
  const { images, labels, acc1, acc5, mean_per_class_recall: recall, intervals, calibration } = evaluation;
  if (acc1 === undefined) {
    const words = "none: no picture has one of these labels";
    return { facts: [["Labelled pictures", words]], parts: [answers(evaluation)], told: `Labelled pictures: ${words}` };
  }
  if (labels.length === 1) {
    const words = "With a single label, every picture gets that label. Add others to compare.";
    return { facts: [["Labels", words]], parts: [answers(evaluation)], told: words };
  }
  const estimate = (/** @type {number} */ value, /** @type {[number, number]} */ [low, high]) => ({ value, low, high, n: images });
  const bounded = (/** @type {number} */ value, /** @type {[number, number]} */ interval) => withInterval(estimate(value, interval));
  /** @type {[string, Child][]} */
  const facts = [
    ["Top-1 accuracy", bounded(acc1, intervals.acc1)],
    ["Top-5 accuracy", acc5 === null ? "– (needs at least five labels)" : bounded(acc5, intervals.acc5)],
    ["Mean per-class recall", bounded(recall, intervals.mean_per_class_recall)],
    ["Expected calibration error", calibration.ece.toFixed(3)],
    ["Fitted temperature", calibration.temperature?.toFixed(2) ?? NO_TEMPERATURE[calibration.no_temperature]],
  ];
  const parts = [
    labels.length <= MOST_CELLS ? confusion(evaluation, choose) : null,
    pairs(evaluation, choose),
    classes(evaluation),
    evaluation.each_template.length > 0 ? templates(evaluation) : null,
    reliability(calibration),
  ];
  const told = `Top-1 accuracy ${intervalText(estimate(acc1, intervals.acc1))} on ${images} pictures`;
  return { facts, parts: parts.filter((part) => part !== null), told };
}

/** @param {any} evaluation @param {(truth: string, predicted: string) => void} choose */
function confusion({ labels, confusion }, choose) {
  const row = (/** @type {number[]} */ counts, /** @type {number} */ truth) => {
    const all = Math.max(1, counts.reduce((sum, count) => sum + count, 0));
    return [labels[truth], ...counts.map((count, predicted) => cell(count, count / all, labels[truth], labels[predicted], choose))];
  };
  const part = table("Confusion matrix: true labels in rows, predicted labels in columns", ["", ...labels], confusion, row);
  part.classList.add("confusion");
  return part;
}

/** @param {number} count @param {number} share @param {string} truth @param {string} predicted @param {(truth: string, predicted: string) => void} choose */
function cell(count, share, truth, predicted, choose) {
  if (count === 0) return "";
  const right = truth === predicted ? "right" : "wrong";
  const name = `${count} of “${truth}” mistaken for “${predicted}”`;
  const button = element("button", { type: "button", class: `cell ${right}`, "aria-label": name }, count);
  button.style.setProperty("--share", share.toFixed(3));
  button.addEventListener("click", () => choose(truth, predicted));
  return button;
}

/** @param {any} evaluation @param {(truth: string, predicted: string) => void} choose */
function pairs({ labels, most_confused: pairs }, choose) {
  return table("Most confused", ["Label", "mistaken for", "Pictures", ""], pairs, ({ truth, predicted, images }) => {
    const show = element("button", { type: "button", class: "chip", "aria-label": `Show ${labels[truth]} mistaken for ${labels[predicted]}` }, "Show");
    show.addEventListener("click", () => choose(labels[truth], labels[predicted]));
    return [labels[truth], labels[predicted], images, show];
  });
}

/** @param {any} evaluation */
function classes({ per_class: classes }) {
  const heads = ["Label", "Pictures", "Precision", "Recall", "F1"];
  return table("Each label", heads, /** @type {any[]} */ (classes), ({ label, images, precision, recall, f1 }) => [
    label,
    images,
    withInterval(precision),
    withInterval(recall),
    percent(f1),
  ]);
}

/** @param {any} evaluation */
function templates({ each_template: each }) {
  const caption = "Each template on its own, with McNemar’s p against the ensemble";
  const row = (/** @type {any} */ { template, acc1, p }) => [template, withInterval(acc1), p.toFixed(3)];
  const range = element("p", { class: "hint" }, rangeText(each, "the template"));
  return element("div", { class: "tables" }, table(caption, ["Template", "Top-1 accuracy", "p"], each, row), range);
}

/** @param {any} calibration */
function reliability({ bins }) {
  const full = bins.filter((/** @type {any} */ { images }) => images > 0);
  const heads = ["Confidence", "Pictures", "Mean confidence", "Accuracy"];
  const twin = table("Confidence and accuracy", heads, /** @type {any[]} */ (full), ({ low, high, images, confidence, accuracy }) => [
    `${(low * 100).toFixed(0)} to ${(high * 100).toFixed(0)} %`,
    images,
    percent(confidence),
    withInterval(accuracy),
  ]);
  return element("div", { class: "beside" }, figure(reliabilityChart(bins)), twin);
}

/** @param {any} evaluation */
function answers({ predictions }) {
  const row = (/** @type {any} */ { image, predicted, confidence }) => [image, predicted, percent(confidence)];
  return table("Answers", ["Picture", "Best label", "Score"], predictions, row);
}

/**
 * @param {string} named the run that is pinned
 * @param {any} compared of `clip-wasm compare`; of other pictures there are the accuracies alone
 * @param {string[]} changed what differs between the two
 */
export function comparison(named, compared, changed) {
  const { first, second, difference, only_first_right: lost, only_second_right: won, p, moved = [] } = compared;
  const paired = [
    ["Correct only in the pinned run", lost],
    ["Correct only now", won],
    ["McNemar’s exact p", p?.toFixed(4)],
    ["Changed answers", moved.length],
    ...(compared.without_label > 0 ? [["Not compared: label not among the choices", compared.without_label]] : []),
  ];
  const rows = [
    ["Differs in", changed.join(", ")],
    ["Pinned", withInterval(first)],
    ["Now", withInterval(second)],
    ["Difference", withInterval(difference)],
    ...(compared.moved ? paired : [["Pictures", "not the same in both runs, so only the accuracies are compared"]]),
  ];
  return [table(`Compared with ${named}`, ["", ""], rows, (row) => row), ...(moved.length > 0 ? [movedTable(moved)] : [])];
}
