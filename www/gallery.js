// @ts-check
/** Shows every component in every state, for whoever designs, reviews or tests them. Not part of the app. */
import "./security/trusted-types.js";
import "./components/address-panel/address-panel.js";
import "./components/answer-readout/answer-readout.js";
import "./components/drawing-pad/drawing-pad.js";
import "./components/error-note/error-note.js";
import "./components/fact-list/fact-list.js";
import "./components/heat-panel/heat-panel.js";
import "./components/label-editor/label-editor.js";
import "./components/load-bar/load-bar.js";
import "./components/load-progress/load-progress.js";
import "./components/mode-switch/mode-switch.js";
import "./components/model-list/model-list.js";
import "./components/picture-stage/picture-stage.js";
import "./components/picture-strip/picture-strip.js";
import "./components/score-list/score-list.js";
import "./components/tab-bar/tab-bar.js";
import "./components/template-editor/template-editor.js";
import "./components/version-offer/version-offer.js";
import { element } from "./dom/element.js";
import { readLabels } from "./state/label-lines.js";
import { readTemplates } from "./state/template-lines.js";

const WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen".repeat(2);
const SCORES = [
  { label: "a sailing boat", score: 0.91, cosine: 0.312 },
  { label: "a ship", score: 0.0898, cosine: 0.271 },
  { label: "a tent", score: 0.0002, cosine: 0.144 },
];
const CLOSE = [
  { label: "a crying face", score: 0.51, cosine: 0.28 },
  { label: "a laughing face", score: 0.49, cosine: 0.279 },
];
const LONG = [{ label: WORD, score: 1, cosine: -0.021 }];
const SPREAD = SCORES.map((score) => ({
  ...score,
  spread: { low: score.score * 0.6, high: Math.min(1, score.score * 1.05) },
}));
const LABEL_PRESETS = [
  { id: "sample", title: "For this sample" },
  { id: "animals", title: "Animals" },
];

/**
 * A picture of the given size: two bands of colour, so that a crop shows.
 *
 * @param {number} width
 * @param {number} height
 */
function picture(width, height) {
  const canvas = element("canvas", { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.fillStyle = "#e8b04a";
  context.fillRect(0, 0, width, height);
  context.fillStyle = "#2f6f8f";
  context.fillRect(width * 0.2, height * 0.2, width * 0.6, height * 0.6);
  return canvas.toDataURL();
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, (node: HTMLElementTagNameMap[Tag]) => void>} states what each is called, and how to get there
 */
function show(tag, states) {
  const specimens = element("div", { class: "specimens" });
  document.getElementById("gallery")?.append(element("section", {}, element("h2", {}, `<${tag}>`), specimens));
  for (const [title, prepare] of Object.entries(states)) {
    const node = element(tag);
    if (tag === "picture-strip") node.setAttribute("aria-label", title);
    specimens.append(element("div", { class: "specimen" }, element("h3", {}, title), node));
    prepare(node);
  }
}

/**
 * Gives the fields of the nth editor ids of their own: on the page there is but one of each.
 *
 * @param {HTMLElement} node
 */
function distinguish(node) {
  const suffix = document.querySelectorAll(node.localName).length;
  for (const part of node.querySelectorAll("[id], [for], [aria-describedby]")) {
    for (const name of ["id", "for", "aria-describedby"]) {
      const value = part.getAttribute(name);
      if (value) part.setAttribute(name, value.replace(/\S+/g, `$&-${suffix}`));
    }
  }
}

const wide = { src: picture(320, 200), alt: "A blue rectangle on yellow", caption: "wide.png" };
const tall = { src: picture(200, 420), alt: "A blue rectangle on yellow", caption: "tall.png" };
const square = { src: picture(240, 240), alt: "A blue square on yellow", caption: "square.png" };

show("picture-stage", {
  empty: () => {},
  "a square picture": (node) => (node.picture = square),
  "a wide picture": (node) => {
    node.picture = wide;
    node.size = { width: 320, height: 200 };
  },
  "a tall picture": (node) => {
    node.picture = tall;
    node.size = { width: 200, height: 420 };
  },
  "a wide picture that the model sees whole, under a heatmap": (node) => {
    node.picture = wide;
    node.size = { width: 320, height: 200, crops: false };
    node.heat = { light: Float32Array.of(0.3, 0.1, 0, 0.7, 1, 0, 0, 0.2, 0), side: 3, strength: 0.8 };
  },
  "a file that the browser cannot show": (node) => {
    node.picture = { src: "data:,", alt: "notes.png", caption: "notes.png" };
  },
  "under a heatmap": (node) => {
    node.picture = square;
    node.heat = { light: Float32Array.of(0.3, 0.1, 0, 0.7, 1, 0, 0, 0.2, 0), side: 3, strength: 0.8 };
  },
  "a file over the page": (node) => {
    node.picture = square;
    node.dropping = true;
  },
});
show("drawing-pad", { blank: () => {} });
show("picture-strip", {
  "samples, the first chosen": (node) => {
    node.entries = [square, wide, tall].map(({ src, alt }, index) => ({ id: `${index}`, src, title: alt }));
    node.chosen = "0";
  },
  "with verdicts, one failed": (node) => {
    node.entries = [
      { id: "1", src: square.src, title: "square.png", verdict: "a square" },
      { id: "2", src: wide.src, title: "wide.png", verdict: WORD },
      { id: "3", src: tall.src, title: "tall.png", verdict: "unreadable", failed: true },
    ];
  },
});
show("heat-panel", {
  measured: (node) => {
    node.labels = SCORES.map((score) => score.label);
    node.range = { least: 0, most: 0.162 };
    distinguish(node);
  },
  "on its way": (node) => {
    node.progress = { done: 23, total: 65 };
    distinguish(node);
  },
});
show("address-panel", { open: (node) => (node.open = true) });
show("answer-readout", {
  "a clear lead": (node) => (node.answer = { scores: SCORES, mode: "softmax" }),
  "too close to call": (node) => (node.answer = { scores: CLOSE, mode: "softmax" }),
  "each on its own": (node) => (node.answer = { scores: SCORES, mode: "independent" }),
  "no label fits": (node) => (node.answer = { scores: SCORES, mode: "softmax", none: "everyday-clip recognizes none of these labels in this picture." }),
  "a long label, alone": (node) => (node.answer = { scores: LONG, mode: "softmax" }),
  "no answer": (node) => (node.message = "The model is loading."),
});
show("score-list", {
  plain: (node) => (node.scores = SCORES),
  "with the spread over templates": (node) => (node.scores = SPREAD),
  "a newer result on its way": (node) => {
    node.scores = SCORES;
    node.stale = true;
  },
  "no label fits": (node) => {
    node.scores = SCORES;
    node.noneFits = true;
  },
  "words that the model does not know": (node) => {
    node.scores = SCORES;
    node.tags = { "unknown word": [SCORES[0].label], "from drawings": [SCORES[1].label] };
  },
  "one label, compared with none": (node) => {
    node.scores = SCORES.slice(0, 1);
    node.alone = true;
  },
  "a long label": (node) => (node.scores = LONG),
  "a long list": (node) => (node.scores = Array.from({ length: 60 }, (_, at) => ({ ...SCORES[2], label: `thing ${at}` }))),
  empty: (node) => (node.scores = []),
});
show("mode-switch", {
  "among these labels": (node) => (node.mode = "softmax"),
});
show("label-editor", {
  "in order": (node) => label(node, "a cat\na dog"),
  "a list in one line": (node) => label(node, "saxophone, trumpet, guitar, piano"),
  "with remarks": (node) => label(node, "a cat\n\na cat\na dog"),
  "with a label that is too long": (node) => label(node, `a cat\n${WORD.repeat(4)}`),
  empty: (node) => label(node, ""),
});
show("template-editor", {
  "one template": (node) => template(node, "a drawing of {}"),
  ensemble: (node) => template(node, "{}\na drawing of {}\na picture of {}\nan icon of {}"),
  "without {}": (node) => template(node, "a drawing"),
});
show("error-note", {
  "a sentence": (node) =>
    (node.fault = { message: "This picture ends in the middle of a block. Save it again, then open it." }),
  "with details and a way out": (node) =>
    (node.fault = {
      message: "The engine stopped.",
      details: "RuntimeError: unreachable",
      action: "Restart the engine",
    }),
});
show("version-offer", { offered: (node) => node.offer() });
show("load-bar", {
  "on its way": (node) => (node.progress = { loaded: 4e6, total: 7e6, stage: "download" }),
  "of unknown length": (node) => (node.progress = { loaded: 4e6, total: 0, stage: "download" }),
});
show("load-progress", {
  "on its way": (node) =>
    (node.progress = { loaded: 4e6, total: 7e6, stage: "download", file: "model.safetensors", bytesPerSecond: 2e6, secondsLeft: 2 }),
  "waiting for the network": (node) =>
    (node.progress = { loaded: 4e6, total: 7e6, stage: "wait", note: "The network is gone; it goes on when it is back." }),
});
show("model-list", {
  "in use, kept, elsewhere": (node) =>
    (node.entries = [
      entry("One in use", "In use", "", false),
      entry("One kept here", "Stored here, 28.6 MB", "Use", true),
      entry("One on the hub", "", "Download", false),
    ]),
});
show("fact-list", {
  "in a line": (node) => (node.facts = facts()),
  "as a table": (node) => {
    node.dataset.table = "";
    node.facts = facts();
  },
});
show("tab-bar", {
  "two tabs": (node) => {
    node.setAttribute("aria-label", "Views");
    const panels = ["First", "Second"].map((title) =>
      element("div", { id: `panel-${title}`, tabIndex: 0 }, `${title} panel`),
    );
    node.after(...panels);
    node.tabs = panels.map((panel) => ({ id: panel.id, title: panel.id.slice(6), panel }));
    node.selected = panels[0].id;
    node.addEventListener("select-tab", (event) => (node.selected = /** @type {CustomEvent} */ (event).detail.id));
  },
});

/**
 * @param {HTMLElementTagNameMap["label-editor"]} node
 * @param {string} text
 */
function label(node, text) {
  node.text = text;
  node.presets = LABEL_PRESETS;
  node.reading = readLabels(text);
  distinguish(node);
}

/**
 * @param {HTMLElementTagNameMap["template-editor"]} node
 * @param {string} text
 */
function template(node, text) {
  node.text = text;
  node.presets = [{ id: "model", title: "The model’s default" }];
  node.reading = readTemplates(text);
  node.sample = { label: "a cat", count: 3 };
  distinguish(node);
}

/**
 * @param {string} title
 * @param {string} status
 * @param {string} action
 * @param {boolean} forgettable
 */
function entry(title, status, action, forgettable) {
  return { id: title, title, text: "What it is for.", figures: ["MIT", "download 93.8 MB"], status, action, forgettable };
}

/** @returns {[string, string][]} */
function facts() {
  return [
    ["Image", "35 ms"],
    ["Engine", "relaxed SIMD"],
    ["SHA-256", "9f3ac2d1b87e40515c6f0a92d47be831650a3b9cfe12d8a47c90b6f21e05d3aa"],
  ];
}
