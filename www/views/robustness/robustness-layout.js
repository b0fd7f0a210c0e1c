// @ts-check
import "../../components/error-note/error-note.js";
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import "../research/pin-board.js";
import "../research/result-frame.js";
import "../research/run-line.js";

/** The parts of the Robustness view, in the order they are read. Nothing here has behaviour. */
export function robustnessLayout() {
  const parts = {
    needsData: element("p", { class: "hint" }, "Open a data set in Dataset first."),
    families: element("fieldset", { class: "chips" }, element("legend", {}, "Families")),
    each: element("input", { id: "robust-each", type: "number", min: 1, max: 1000, value: 2 }),
    word: element("input", { id: "robust-word", type: "text", maxLength: 24 }),
    start: element("button", { type: "button", class: "button primary" }, "Measure"),
    plan: element("p", { class: "hint plan" }),
    run: element("run-line"),
    figures: element("fact-list", { "data-table": "" }),
    frame: element("result-frame"),
    pin: button("Pin for comparison"),
    pins: element("pin-board", { "data-kind": "robustness" }),
    saveJson: button("Save JSON", "save"),
    compared: element("div", { class: "tables" }),
    kind: element("select", { id: "robust-kind" }),
    strip: button("Show"),
    fault: element("error-note"),
    strips: element("result-frame"),
  };
  const outcome = element("section", { "aria-label": "Robustness results", hidden: true }, actions(parts.pin, parts.saveJson), parts.frame, parts.pins, parts.compared);
  const controls = element(
    "section",
    { "aria-label": "Corruptions", hidden: true },
    element("div", { class: "fields" }, field("Pictures per label, sampled at random", parts.each), field("Word for the typographic attack", parts.word)),
    parts.families,
    parts.plan,
    actions(parts.start),
    parts.run,
  );
  const onePicture = element(
    "section",
    { "aria-label": "One picture", hidden: true },
    element("h2", {}, "One picture"),
    actions(element("label", { for: "robust-kind" }, "Corruption"), parts.kind, parts.strip),
    parts.fault,
    parts.strips,
  );
  const intro = element(
    "section",
    { class: "prose", "aria-label": "About robustness" },
    element("h2", {}, "Robustness to corruptions"),
    element(
      "p",
      { class: "hint" },
      "The corruptions of ImageNet-C (Hendrycks and Dietterich, 2019) with their parameters, applied to pictures resized to 224 pixels, and additional shifts. A model with a smaller input never sees the finest corruptions. Frost is synthetic, not photographed.",
    ),
    parts.needsData,
  );
  return { ...parts, controls, outcome, onePicture, all: [intro, controls, outcome, onePicture] };
}
