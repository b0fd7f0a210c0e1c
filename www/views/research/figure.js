// @ts-check
import { element } from "../../dom/element.js";
import { documentOf } from "./subject.js";
import { svg } from "./svg.js";
import { save } from "./tables.js";

/** The styles of a chart, which a saved SVG file must contain itself. */
const PAINT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linecap", "opacity", "font-size", "font-family"];

/**
 * A chart with what is said below it and a button that saves it as an SVG file, in the colours it has on the page.
 *
 * @param {SVGElement} chart
 * @param {...HTMLElement} below
 */
export function figure(chart, ...below) {
  const name = chart.getAttribute("aria-label") ?? "chart";
  const button = element("button", { type: "button", class: "chip", "aria-label": `Save SVG: ${name}` }, "Save SVG");
  button.addEventListener("click", () => save(`${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}.svg`, fileOf(chart, subjectOf(chart)), "image/svg+xml"));
  return element("figure", {}, chart, ...below, button);
}

/** What the result around a chart is of. @param {SVGElement} chart */
function subjectOf(chart) {
  const frame = /** @type {import("./result-frame.js").ResultFrame | null} */ (chart.closest("result-frame"));
  return frame?.subject ?? null;
}

/** @param {SVGElement} chart @param {import("./subject.js").Subject | null} subject is written into the file */
function fileOf(chart, subject) {
  const copy = /** @type {SVGElement} */ (chart.cloneNode(true));
  const [shown, copied] = [chart, copy].map((root) => [root, ...root.querySelectorAll("*")]);
  shown.forEach((node, index) => {
    const style = getComputedStyle(node);
    for (const property of PAINT) copied[index].setAttribute(property, style.getPropertyValue(property));
    copied[index].removeAttribute("class");
  });
  copy.prepend(svg("rect", { width: "100%", height: "100%", fill: getComputedStyle(document.body).backgroundColor }));
  if (subject) copy.prepend(svg("metadata", {}, JSON.stringify(documentOf(subject, {}))));
  return new XMLSerializer().serializeToString(copy);
}
