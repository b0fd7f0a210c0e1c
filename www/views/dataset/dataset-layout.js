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
    drawings: button("Try the 276 drawings"),
    run: element("run-line"),
    title: element("p", { class: "data-title" }),
    goOn: button("Go on"),
    notKept: element("p", { class: "hint", hidden: true }, "There is no room to keep the embeddings: they are gone when this tab is closed. Save them below."),
    skippedList: element("ul", { class: "skipped", "aria-label": "Pictures left out", hidden: true }),
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
    element("p", { class: "hint" }, "A folder with a folder of pictures for each label, or pictures with a CSV or JSON of file and label. Drop it here. Everything is read on this device."),
    actions(parts.folder, parts.drawings, parts.folderInput),
    parts.run,
    parts.title,
    parts.goOn,
    parts.notKept,
    parts.skippedList,
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
