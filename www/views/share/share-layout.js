// @ts-check
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";

/** The parts of the Share view, in the order they are read. Nothing here has behaviour. */
export function shareLayout() {
  const parts = {
    copy: button("Copy link", "link"),
    linkNote: element("p", { class: "hint" }),
    contents: element("fact-list", { "data-table": "" }),
    title: element("input", { id: "share-title", type: "text", maxLength: 80, autocomplete: "off" }),
    text: element("textarea", { id: "share-text", rows: 2, maxLength: 600 }),
    pictures: element("input", { type: "checkbox", id: "share-pictures" }),
    picturesLine: element("p", { class: "check", hidden: true }),
    picturesLabel: element("label", { for: "share-pictures" }),
    file: button("Make one file", "save"),
    folder: button("Make a folder", "save"),
    outcome: element("p", { class: "outcome" }),
    fault: element("error-note"),
  };
  parts.picturesLine.append(parts.pictures, parts.picturesLabel);
  const demo = element(
    "section",
    { "aria-labelledby": "share-demo" },
    element("h2", { id: "share-demo" }, "Your demo"),
    element("p", { class: "hint" }, "This page with your labels and settings, for others to open and try."),
    field("Title", parts.title),
    field("Description", parts.text),
    parts.picturesLine,
    parts.contents,
  );
  const ways = element(
    "section",
    { "aria-labelledby": "share-ways" },
    element("h2", { id: "share-ways" }, "Three ways to share it"),
    way("A link", "Labels, templates, mode and model, for anyone who can open this page. Never a picture.", parts.copy, parts.linkNote),
    way(
      "One file",
      "An HTML file that contains the engine, the model and the pictures. It opens from disk and works offline.",
      parts.file,
    ),
    way(
      "A folder",
      "A ZIP file to unpack on any static host. Its demo.json holds the title, labels and pictures: edit it to change the demo.",
      parts.folder,
    ),
    parts.fault,
  );
  return { ...parts, columns: [demo, ways] };
}

/**
 * @param {string} title
 * @param {string} text
 * @param {HTMLElement} action
 * @param {HTMLElement | null} [note]
 */
function way(title, text, action, note = null) {
  return element("div", { class: "way" }, element("h3", {}, title), element("p", {}, text), actions(action), note);
}
