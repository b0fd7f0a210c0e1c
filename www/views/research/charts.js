// @ts-check
/** Charts as SVG. Each has a table with the same figures beside it; to assistive technology, the chart is one image. */
import { svg } from "./svg.js";

const WIDTH = 360;
const HEIGHT = 240;
const LEFT = 40;
const BOTTOM = 28;
const TOP = 8;
const RIGHT = 8;
/** Labels that changed by more are named in a chart of slopes; the table has all. */
const NAMED = 12;

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
 * Shares by severity, a line for each series in the band of its 95 % intervals; first what each begins with for clean pictures.
 *
 * @param {string} title
 * @param {{ clean: Estimate, points: { severity: number, share: Estimate }[] }[]} series
 */
export function severityChart(title, series) {
  const x = (/** @type {number} */ severity) => across(severity / 5);
  const lines = series.flatMap(({ clean, points }, index) => {
    const all = [{ severity: 0, share: clean }, ...points];
    const back = [...all].reverse();
    const path = all.map(({ severity, share }) => `${x(severity)},${up(share.value)}`).join(" ");
    const band = [
      ...all.map(({ severity, share }) => `${x(severity)},${up(Math.min(1, share.high))}`),
      ...back.map(({ severity, share }) => `${x(severity)},${up(share.low)}`),
    ].join(" ");
    const kind = `series-${index % 5}`;
    return [svg("polygon", { class: `band ${kind}`, points: band }), svg("polyline", { class: `line ${kind}`, points: path })];
  });
  return chart(title, frame("severity", ["clean", "1", "2", "3", "4", "5"]), ...lines);
}

/**
 * Pictures as points, those of one label in colour.
 *
 * @param {[number, number][]} places
 * @param {Set<number>} chosen places in the list
 * @param {string} title
 */
export function mapChart(places, chosen, title) {
  const reach = (/** @type {number} */ axis) => places.reduce((most, place) => Math.max(most, Math.abs(place[axis] ?? 0)), 1e-9) * 2.1;
  const [wide, high] = [reach(0), reach(1)];
  // Points without length and with round ends: one element for thousands of them.
  const points = (/** @type {boolean} */ among) =>
    places.flatMap(([x, y = 0], index) => (chosen.has(index) === among ? `M${across(x / wide + 0.5).toFixed(1)} ${up(y / high + 0.5).toFixed(1)}h0` : [])).join("");
  const axes = [
    svg("line", { class: "guide", x1: across(0), x2: across(1), y1: up(0.5), y2: up(0.5) }),
    svg("line", { class: "guide", x1: across(0.5), x2: across(0.5), y1: up(0), y2: up(1) }),
  ];
  return chart(title, ...axes, svg("path", { class: "points", d: points(false) || "M0 0" }), svg("path", { class: "points chosen", d: points(true) || "M0 0" }));
}

/**
 * How many pictures each label gets in either of two sets, a line for each.
 *
 * @param {{ label: string, first: number | null, second: number | null }[]} counts
 */
export function slopeChart(counts) {
  const most = counts.reduce((most, { first, second }) => Math.max(most, first ?? 0, second ?? 0), 1);
  const height = (/** @type {number | null} */ count) => up((count ?? 0) / most);
  const lines = counts.map(({ first, second }) => {
    const kind = first === second ? "" : (second ?? 0) > (first ?? 0) ? "series-0" : "series-1";
    return svg("line", { class: `slope ${kind}`, x1: across(0.3), x2: across(0.7), y1: height(first), y2: height(second) });
  });
  const named = counts.filter(({ first, second }) => first !== second).slice(0, NAMED);
  const names = named.flatMap(({ label, first, second }) => [
    svg("text", { x: across(0.28), y: height(first) + 3, "text-anchor": "end" }, `${label} ${first ?? "–"}`),
    svg("text", { x: across(0.72), y: height(second) + 3 }, `${second ?? "–"} ${label}`),
  ]);
  const heads = [
    svg("text", { x: across(0.3), y: HEIGHT - 6, "text-anchor": "middle", class: "axis-name" }, "First set"),
    svg("text", { x: across(0.7), y: HEIGHT - 6, "text-anchor": "middle", class: "axis-name" }, "Second set"),
  ];
  return chart("Pictures of each label in two sets of labels", ...lines, ...names, ...heads);
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
