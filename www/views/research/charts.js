// @ts-check
/** Charts as SVG. Each has a table twin beside it, which says the same to everyone; the chart itself is one image. */
import { svg } from "./svg.js";

const WIDTH = 360;
const HEIGHT = 240;
const LEFT = 40;
const BOTTOM = 28;
const TOP = 8;
const RIGHT = 8;

/** @param {number} share */
const across = (share) => LEFT + share * (WIDTH - LEFT - RIGHT);
/** @param {number} share */
const up = (share) => HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP);

/** @typedef {{ value: number, low: number, high: number }} Estimate */

/**
 * Confidence against accuracy, with intervals; on the diagonal the model means what it says.
 *
 * @param {{ images: number, confidence: number, accuracy: Estimate }[]} bins
 */
export function reliabilityChart(bins) {
  const full = bins.filter(({ images }) => images > 0);
  const marks = full.flatMap(({ confidence, accuracy }) => [
    svg("line", { class: "whisker", x1: across(confidence), x2: across(confidence), y1: up(accuracy.low), y2: up(accuracy.high) }),
    svg("circle", { class: "dot", cx: across(confidence), cy: up(accuracy.value), r: 4 }),
  ]);
  const diagonal = svg("line", { class: "guide", x1: across(0), y1: up(0), x2: across(1), y2: up(1) });
  return chart("Accuracy by confidence", frame("confidence", ["0 %", "50 %", "100 %"]), diagonal, ...marks);
}

/**
 * Accuracy by severity, a line for each series, the clean accuracy first.
 *
 * @param {Estimate} clean
 * @param {{ name: string, points: { severity: number, acc1: Estimate }[] }[]} series
 */
export function severityChart(clean, series) {
  const x = (/** @type {number} */ severity) => across(severity / 5);
  const lines = series.flatMap(({ points }, index) => {
    const all = [{ severity: 0, acc1: clean }, ...points];
    const back = [...all].reverse();
    const path = all.map(({ severity, acc1 }) => `${x(severity)},${up(acc1.value)}`).join(" ");
    const band = [
      ...all.map(({ severity, acc1 }) => `${x(severity)},${up(acc1.high)}`),
      ...back.map(({ severity, acc1 }) => `${x(severity)},${up(acc1.low)}`),
    ].join(" ");
    const kind = `series-${index % 5}`;
    return [svg("polygon", { class: `band ${kind}`, points: band }), svg("polyline", { class: `line ${kind}`, points: path })];
  });
  return chart("Accuracy by severity", frame("severity", ["clean", "1", "2", "3", "4", "5"]), ...lines);
}

/** @param {string} title @param {...Node} parts */
function chart(title, ...parts) {
  return svg("svg", { class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": title }, ...parts);
}

/** Axes: shares upward, `ticks` evenly across. @param {string} name @param {string[]} ticks */
function frame(name, ticks) {
  const group = svg("g", { class: "axes" });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    group.append(
      svg("line", { x1: across(0), x2: across(1), y1: up(share), y2: up(share) }),
      svg("text", { x: LEFT - 6, y: up(share) + 4, "text-anchor": "end" }, `${share * 100} %`),
    );
  }
  ticks.forEach((tick, index) => {
    const x = across(index / (ticks.length - 1));
    const anchor = index === 0 ? "start" : index === ticks.length - 1 ? "end" : "middle";
    group.append(svg("text", { x, y: HEIGHT - BOTTOM + 14, "text-anchor": anchor }, tick));
  });
  group.append(svg("text", { x: across(0.5), y: HEIGHT - 2, "text-anchor": "middle", class: "axis-name" }, name));
  return group;
}
