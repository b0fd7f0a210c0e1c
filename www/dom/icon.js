// @ts-check
/** Line icons on a 20 × 20 grid, drawn in the current text colour; decoration beside a text label, so hidden from assistive technology. */

const SVG = "http://www.w3.org/2000/svg";

const PATHS = {
  open: "M3 6.5V15a1.5 1.5 0 0 0 1.5 1.5h11A1.5 1.5 0 0 0 17 15V8a1.5 1.5 0 0 0-1.5-1.5H10L8.2 4.2A1 1 0 0 0 7.4 3.8H4.5A1.5 1.5 0 0 0 3 5.3z",
  paste:
    "M7 4H5.5A1.5 1.5 0 0 0 4 5.5V16a1.5 1.5 0 0 0 1.5 1.5h9A1.5 1.5 0 0 0 16 16V5.5A1.5 1.5 0 0 0 14.5 4H13M7 2.5h6v3H7z",
  draw: "M3.5 16.5l.8-3.6L13.6 3.6a1.4 1.4 0 0 1 2 0l.8.8a1.4 1.4 0 0 1 0 2L7.1 15.7zM12 5.2l2.8 2.8",
  camera:
    "M3 7a1.5 1.5 0 0 1 1.5-1.5h2L8 3.5h4l1.5 2h2A1.5 1.5 0 0 1 17 7v7.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5zM10 7.8a2.9 2.9 0 1 0 0 5.8 2.9 2.9 0 0 0 0-5.8z",
  link: "M8.5 11.5a3 3 0 0 0 4.3 0l2.8-2.8a3 3 0 0 0-4.3-4.3l-1 1M11.5 8.5a3 3 0 0 0-4.3 0l-2.8 2.8a3 3 0 0 0 4.3 4.3l1-1",
  save: "M10 3v9.5M6.2 9.2L10 13l3.8-3.8M3.5 13.5V15A1.5 1.5 0 0 0 5 16.5h10a1.5 1.5 0 0 0 1.5-1.5v-1.5",
  copy: "M7 7V4.5A1.5 1.5 0 0 1 8.5 3h7A1.5 1.5 0 0 1 17 4.5v7a1.5 1.5 0 0 1-1.5 1.5H13M4.5 7h7A1.5 1.5 0 0 1 13 8.5v7a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 3 15.5v-7A1.5 1.5 0 0 1 4.5 7z",
  undo: "M7 4L3.5 7.5 7 11M3.5 7.5h8a4.5 4.5 0 0 1 0 9H8",
  heat: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 6.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM10 9.6v.8",
  pause: "M7 5v10M13 5v10",
  clear: "M5.5 5.5l9 9M14.5 5.5l-9 9",
  alert: "M10 3.2l7.4 13.1H2.6zM10 8.2v3.6M10 13.9v.2",
  note: "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM10 9.2v4.3M10 6.5v.2",
  done: "M4 10.5l4 4 8-9",
  restart: "M16.5 10a6.5 6.5 0 1 1-2-4.7M16.5 3v3.5H13",
  shield: "M10 2.8l6 2.2v4.6c0 3.6-2.5 6.3-6 7.6-3.5-1.3-6-4-6-7.6V5z",
};

/** @typedef {keyof typeof PATHS} IconName */

/**
 * Returns the icon called `name` as an SVG element.
 *
 * @param {IconName} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
