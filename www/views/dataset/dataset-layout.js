// @ts-check
import "../../components/error-note/error-note.js";
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import "../research/pin-board.js";
import "../research/result-frame.js";
import "../research/run-line.js";

/** The largest seed: 32 bits. */
const MOST_SEED = 2 ** 32 - 1;

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
    resumed: element("p", { class: "hint", hidden: true }),
    goOn: button("Resume"),
    afresh: button("Start over"),
    forget: button("Remove data set"),
    notKept: element("p", { class: "hint", hidden: true }, "There is no space to store the embeddings: they will be lost when you close this tab. Save them below."),
    skipped: element("details", { class: "skipped", hidden: true }),
    labels: element("textarea", { id: "data-labels", rows: 8, spellcheck: false }),
    templates: element("textarea", { id: "data-templates", rows: 3, spellcheck: false }),
    seed: element("input", { id: "data-seed", type: "number", min: 0, max: MOST_SEED, step: 1, value: 0 }),
    fault: element("error-note"),
    frame: element("result-frame"),
    figures: element("fact-list", { "data-table": "" }),
    pin: button("Pin for comparison"),
    pins: element("pin-board", { "data-kind": "evaluation" }),
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
    element("p", { class: "hint" }, "A folder with a subfolder of pictures per class, several class folders, or pictures with a CSV or JSON table of files and labels. CLIP_benchmark archives (.tar with classnames.txt) and saved embeddings (.npy with .csv) work too. You can also drop them here. Everything stays on this device."),
    actions(parts.folder, parts.files, parts.drawings, parts.folderInput, parts.filesInput),
    parts.run,
    parts.title,
    parts.resumed,
    actions(parts.goOn, parts.afresh, parts.forget),
    parts.notKept,
    parts.skipped,
  );
  const question = element(
    "section",
    { class: "fields", "aria-label": "Labels and templates", hidden: true },
    field("Class labels", parts.labels),
    element("div", { class: "fields-below" }, field("Templates for all classes", parts.templates), field("Random seed for intervals, tests and samples", parts.seed)),
    parts.fault,
  );
  const outcome = element(
    "section",
    { "aria-label": "Results", hidden: true },
    element("h2", {}, "Results"),
    actions(parts.pin, parts.saveCsv, parts.saveJson, parts.saveEmbeddings),
    parts.frame,
    parts.pins,
    parts.compared,
  );
  return { ...parts, question, outcome, all: [intake, question, outcome] };
}
