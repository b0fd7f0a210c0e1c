// @ts-check
/** Shows robustness results as figures, tables and charts. */
/** @import { Pin } from "../research/pin-board.js" */
import "../../components/fact-list/fact-list.js";
import { element } from "../../dom/element.js";
import { severityChart } from "../research/charts.js";
import { figure } from "../research/figure.js";
import { subjectText } from "../research/subject.js";
import { table, withInterval } from "../research/tables.js";

export const SEVERITIES = [1, 2, 3, 4, 5];

/** @param {any} result of `clip-wasm robustness` */
export function resultParts({ clean, retention, corruptions, cells, families, clean_resampled: resampled, relative_mean_corruption_error: relative }) {
  const figures = element("fact-list", { "data-table": "" });
  figures.facts = [
    ["Top-1 accuracy, clean", withInterval(clean)],
    ["Mean corruption error above the clean error", `${(relative * 100).toFixed(1)} points`],
    ...retention.map((/** @type {any} */ { severity, retained }) => [`Accuracy retained at severity ${severity}`, withInterval(retained)]),
  ];
  const row = (/** @type {any} */ { corruption, relative_error: error, never_changed: never }) => [
    corruption.replaceAll("_", " "),
    ...cells.filter((/** @type {any} */ cell) => cell.corruption === corruption).map((/** @type {any} */ { acc1 }) => withInterval(acc1)),
    `${(error * 100).toFixed(1)}`,
    never,
  ];
  const heads = ["Corruption", ...SEVERITIES.map((severity) => `at ${severity}`), "Error above clean", "Answer never changed"];
  const series = [...new Set(families.map((/** @type {any} */ { family }) => family))].map((name) => ({
    name,
    clean: resampled,
    points: families
      .filter((/** @type {any} */ { family }) => family === name)
      .map((/** @type {any} */ { severity, acc1 }) => ({ severity, share: acc1 })),
  }));
  const words = `Each line is the mean over a family’s corruptions; its band is the bootstrapped 95 % interval over the ${resampled.n} pictures, including the clean ones.`;
  const familyRow = (/** @type {any} */ { name, points }) => [name, withInterval(resampled), ...points.map((/** @type {any} */ { share }) => withInterval(share))];
  return [
    figures,
    element(
      "div",
      { class: "beside" },
      figure(severityChart("Accuracy by severity", series), legend(words, series)),
      table("Top-1 accuracy by family and severity", ["Family", "Clean", ...SEVERITIES.map((severity) => `at ${severity}`)], series, familyRow),
    ),
    table("Top-1 accuracy by corruption and severity", heads, /** @type {any[]} */ (corruptions), row),
  ];
}

/** Runs beside each other: how much of its own clean accuracy each retains. @param {Omit<Pin, "id">[]} runs @returns {HTMLElement[]} */
export function comparisonParts(runs) {
  if (runs.length < 2) return [];
  const series = runs.map(({ name, result }) => ({
    name,
    clean: { value: 1, low: 1, high: 1, n: result.images },
    points: result.retention.map((/** @type {any} */ { severity, retained }) => ({ severity, share: retained })),
  }));
  const row = (/** @type {number} */ severity) => [
    severity === 0 ? "Top-1 accuracy, clean" : `retained at severity ${severity}`,
    ...runs.map(({ result }) => withInterval(severity === 0 ? result.clean : result.retention.find((/** @type {any} */ one) => one.severity === severity)?.retained)),
  ];
  const words = "How much of its own clean accuracy each run retains, with its 95 % interval as a band.";
  const whose = runs.map(({ name, subject }) => element("li", {}, element("strong", {}, name), ` ${subjectText(subject)}`));
  const chart = figure(severityChart("Accuracy retained by severity", series), legend(words, series));
  const twin = table("Pinned and current runs", ["", ...runs.map(({ name }) => name)], [0, ...SEVERITIES], row);
  return [element("ul", { class: "pins", "aria-label": "Compared runs" }, ...whose), element("div", { class: "beside" }, chart, twin)];
}

/** @param {string} words @param {{ name: string }[]} series */
function legend(words, series) {
  const items = series.map(({ name }, index) => element("li", { class: `series-${index % 5}` }, name));
  return element("div", {}, element("p", { class: "hint" }, words), element("ul", { class: "legend" }, ...items));
}
