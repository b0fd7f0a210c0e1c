// @ts-check
import "../../components/error-note/error-note.js";
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import "../research/run-line.js";

/** The parts of the Dataset view, in the order they are read. Nothing here has behaviour. */
export function datasetLayout() {
  const parts = {
    folder: button("Open a folder"),
    folderInput: element("input", { type: "file", class: "visually-hidden", tabIndex: -1, multiple: true, "aria-label": "Data folder" }),
    files: button("Open files"),
    filesInput: element("input", { type: "file", class: "visually-hidden", tabIndex: -1, multiple: true, "aria-label": "Data files" }),
    drawings: button("Try the 276 drawings"),
    run: element("run-line"),
    title: element("p", { class: "data-title" }),
    goOn: button("Go on"),
    forget: button("Forget this data"),
    notKept: element("p", { class: "hint", hidden: true }, "There is no room to keep the embeddings: they are gone when this tab is closed. Save them below."),
    skipped: element("details", { class: "skipped", hidden: true }),
    labels: element("textarea", { id: "data-labels", rows: 8, spellcheck: false }),
    templates: element("textarea", { id: "data-templates", rows: 3, spellcheck: false }),
    fault: element("error-note"),
    figures: element("fact-list", { "data-table": "" }),
    hold: button("Hold this to compare"),
    saveCsv: button("Save CSV", "save"),
    saveJson: button("Save JSON", "save"),
    saveEmbeddings: button("Save embeddings", "save"),
    compared: element("div", { class: "compared" }),
    tables: element("div", { class: "tables" }),
  };
  parts.folderInput.setAttribute("webkitdirectory", "");
  const intake = element(
    "section",
    { class: "prose", "aria-label": "Data" },
    element("h2", {}, "Your data"),
    element("p", { class: "hint" }, "A folder with a folder of pictures for each label, or pictures with a CSV or JSON of file and label. Or files: pictures with their table, CLIP_benchmark’s .tar with classnames.txt, embeddings as .npy with their .csv. Drop them here. Everything is read on this device."),
    actions(parts.folder, parts.files, parts.drawings, parts.folderInput, parts.filesInput),
    parts.run,
    parts.title,
    actions(parts.goOn, parts.forget),
    parts.notKept,
    parts.skipped,
  );
  const question = element(
    "section",
    { class: "fields", "aria-label": "Question", hidden: true },
    field("Labels of the data", parts.labels),
    field("Templates of the data", parts.templates),
    parts.fault,
  );
  const outcome = element(
    "section",
    { "aria-label": "Results", hidden: true },
    element("h2", {}, "Results"),
    parts.figures,
    actions(parts.hold, parts.saveCsv, parts.saveJson, parts.saveEmbeddings),
    parts.compared,
    parts.tables,
  );
  return { ...parts, question, outcome, all: [intake, question, outcome] };
}
