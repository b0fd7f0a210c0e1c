// @ts-check
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import "../research/result-frame.js";
import "../research/run-line.js";

const CAN = [
  "It can show that a model scores your labels differently for groups of pictures that you chose.",
  "It cannot show why: groups also differ in lighting, angle, background and much else.",
  "Finding nothing does not prove fairness. Small groups can hide large differences; the intervals show how large these could be.",
  "The labels decide what can be found. Choosing them is part of the bias.",
  "Nothing about people is inferred here, and everything stays on this device.",
];

const LITERATURE = [
  ["Agarwal et al., Evaluating CLIP: towards characterization of broader capabilities and downstream implications (2021)", "https://arxiv.org/abs/2108.02818"],
  ["Hall et al., Vision-language models performing zero-shot tasks exhibit gender-based disparities (2023)", "https://arxiv.org/abs/2301.11100"],
  ["Wolfe and Caliskan, American == White in multimodal language-and-image AI (2022)", "https://arxiv.org/abs/2207.00691"],
];

/** The parts of the Bias view, in the order they are read. Nothing here has behaviour. */
export function biasLayout() {
  const parts = {
    needsData: element("p", { class: "hint" }, "Open a data set in Dataset first. Its labels are the groups, unless a table says otherwise."),
    labels: element("textarea", { id: "bias-labels", rows: 8, spellcheck: false }),
    groups: element("textarea", { id: "bias-groups", rows: 8, spellcheck: false }),
    groupsFile: button("Open a table", "open"),
    groupsInput: element("input", { type: "file", accept: ".csv,.json", class: "visually-hidden", tabIndex: -1, "aria-label": "Table of groups" }),
    start: element("button", { type: "button", class: "button primary" }, "Compare the groups"),
    run: element("run-line"),
    frame: element("result-frame"),
    others: element("textarea", { id: "bias-others", rows: 6, spellcheck: false }),
    compare: button("Compare the two sets"),
    setsRun: element("run-line"),
    sets: element("result-frame"),
    first: element("select", { id: "bias-first" }),
    second: element("select", { id: "bias-second" }),
    near: element("textarea", { id: "bias-near", rows: 3, spellcheck: false }),
    far: element("textarea", { id: "bias-far", rows: 3, spellcheck: false }),
    associate: button("Test the association"),
    associationRun: element("run-line"),
    association: element("result-frame"),
  };
  const links = LITERATURE.map(([title, href]) => element("li", {}, element("a", { href, rel: "noreferrer" }, title)));
  const intro = element(
    "section",
    { class: "prose", "aria-label": "About bias" },
    element("h2", {}, "What this can and cannot show"),
    element("ul", {}, ...CAN.map((line) => element("li", {}, line))),
    element("details", {}, element("summary", {}, "Literature"), element("ul", {}, ...links)),
    parts.needsData,
  );
  const outcome = element("section", { "aria-label": "Bias results" }, parts.frame);
  const controls = element(
    "section",
    { "aria-label": "Comparison of groups", hidden: true },
    element(
      "div",
      { class: "fields" },
      field("Labels to score", parts.labels),
      field("Groups: a table of files and groups; leave empty to group by the labels of the data set", parts.groups),
    ),
    actions(parts.start, parts.groupsFile, parts.groupsInput),
    parts.run,
    outcome,
    element("h2", {}, "Another set of labels"),
    element("p", { class: "hint" }, "Add, remove or rename a label, and see which pictures get a different answer from this set than from the one above."),
    field("Second set of labels", parts.others),
    actions(parts.compare),
    parts.setsRun,
    parts.sets,
    element("h2", {}, "Association"),
    element("p", { class: "hint" }, "Are the pictures of one group more similar to some words than to others, compared with another group? (After Steed and Caliskan, 2021.)"),
    element("div", { class: "fields" }, field("First group", parts.first), field("Second group", parts.second)),
    element("div", { class: "fields" }, field("Words, one per line", parts.near), field("Words to compare with", parts.far)),
    actions(parts.associate),
    parts.associationRun,
    parts.association,
  );
  return { ...parts, controls, outcome, all: [intro, controls] };
}
