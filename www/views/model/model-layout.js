// @ts-check
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";

const INTENDED = [
  "To study how CLIP models generalise, where they fail and what they are biased towards, with numbers that others can reproduce.",
  "To sort or search pictures on this device, where a person looks at the result.",
  "To learn, and to try an idea before building on it.",
];

const OUT_OF_SCOPE = [
  "Deployed use of any kind without a test in that very domain, with that very set of labels.",
  "Surveillance and face recognition.",
  "Advice of a medical, legal or other professional kind.",
];

const LIMITS = [
  "The labels decide the answer: add one, drop one or reword one, and the scores move. Try several wordings.",
  "A high share says that a label fits better than the others, not that the thing is there.",
  "Models of this kind carry the biases of what they were trained on, most of all about people.",
  "Counting, reading, negation and fine differences are weak spots.",
];

/** The parts of the Model view, in the order they are read. Nothing here has behaviour. */
export function modelLayout() {
  const parts = {
    name: element("h2", { class: "model-name" }, "The model is loading."),
    description: element("p", { class: "model-description" }),
    facts: element("fact-list", { "data-table": "" }),
    limits: element("ul"),
    fileInput: element("input", {
      type: "file",
      accept: ".gguf",
      class: "visually-hidden",
      tabIndex: -1,
      "aria-label": "Model file",
    }),
    open: element("button", { type: "button", class: "button" }, icon("open"), "Open a .gguf file"),
    back: element(
      "button",
      { type: "button", class: "button", hidden: true },
      icon("restart"),
      "Back to the page’s own model",
    ),
    cancel: element("button", { type: "button", class: "button", hidden: true }, icon("clear"), "Stop loading"),
    progress: element("p", { class: "load-text", hidden: true }),
    fault: element("error-note"),
    engineFacts: element("fact-list", { "data-table": "" }),
  };
  const card = element("section", { "aria-label": "Model card" }, parts.name, parts.description, parts.facts);
  const use = element(
    "section",
    { class: "prose" },
    element("h2", {}, "What it is for"),
    list(INTENDED),
    element("h2", {}, "What it is not for"),
    list(OUT_OF_SCOPE),
    element("h2", {}, "What to keep in mind"),
    parts.limits,
  );
  const other = element(
    "section",
    {},
    element("h2", {}, "Another model"),
    element(
      "p",
      { class: "hint" },
      "A CLIP model in a GGUF file, from this device; or drop one anywhere on the page. It is read here and goes nowhere.",
    ),
    element("div", { class: "actions" }, parts.open, parts.back, parts.cancel, parts.fileInput),
    parts.progress,
    parts.fault,
    element("details", {}, element("summary", {}, "Where such files come from"), ...howToMake()),
  );
  const engine = element("section", {}, element("h2", {}, "This browser"), parts.engineFacts);
  return { ...parts, columns: [element("div", { class: "model-column" }, card, other, engine), use] };
}

/** @param {string[]} lines */
export function limitLines(lines) {
  return [...lines, ...LIMITS].map((line) => element("li", {}, line));
}

/** @param {string[]} lines */
function list(lines) {
  return element("ul", {}, ...lines.map((line) => element("li", {}, line)));
}

function howToMake() {
  return [
    element(
      "p",
      {},
      "Files that clip.cpp reads work here. The command line of this project makes one from any Hugging Face folder of a CLIP model, for photographs for instance:",
    ),
    element("pre", { tabIndex: 0 }, "clip-wasm quantize FOLDER --dtype q8_0 -o model.gguf"),
  ];
}
