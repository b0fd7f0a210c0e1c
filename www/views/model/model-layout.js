// @ts-check
import { actions, button, field } from "../../dom/controls.js";
import { element } from "../../dom/element.js";

/** @typedef {ReturnType<typeof modelLayout>} ModelParts */

const INTENDED = [
  "Studying how CLIP models generalise, where they fail and what biases they have, with figures that others can reproduce.",
  "Sorting or searching pictures on this device, where a person checks the result.",
  "Learning, and trying an idea before building on it.",
];

const OUT_OF_SCOPE = [
  "Any deployment that has not been tested in its own domain with its own labels.",
  "Surveillance and face recognition.",
  "Medical, legal or other professional advice.",
];

const LIMITS = [
  "The labels decide the answer: add one, drop one or reword one, and the scores move. Try several wordings.",
  "A high score says that a label fits better than the others, not that the object is there.",
  "Models of this kind carry the biases of their training data, above all about people.",
  "Counting, reading text, negation and fine distinctions are weak spots.",
];

/** The types a download can be quantized to. */
const DTYPES = [
  ["q8_0", "8-bit (near-lossless)"],
  ["q6_k", "6-bit (slightly smaller)"],
  ["q4_0", "4-bit (half the size, less accurate)"],
  ["f16", "16-bit (slow, for comparison)"],
];

/** What a visitor may look for in a model. */
const NEEDS = [
  ["balanced", "A balance of size and accuracy"],
  ["small", "The smallest size"],
  ["accurate", "The highest accuracy on photographs"],
  ["languages", "Labels in many languages"],
];

/** The parts of the Model view, in the order they are read. Nothing here has behaviour. */
export function modelLayout() {
  const parts = {
    name: element("h2", { class: "model-name" }, "The model is loading."),
    description: element("p", { class: "model-description" }),
    facts: element("fact-list", { "data-table": "" }),
    record: element("fact-list", { "data-table": "" }),
    verify: button("Verify", "done"),
    verdict: element("div", { class: "verdict", role: "status" }),
    limits: element("ul"),
    list: element("model-list", { "aria-label": "Models" }),
    need: element(
      "select",
      { id: "need" },
      ...NEEDS.map(([value, title]) => element("option", { value }, title)),
    ),
    dtype: element(
      "select",
      { id: "dtype" },
      ...DTYPES.map(([value, title]) => element("option", { value }, title)),
    ),
    progress: element("load-progress"),
    fault: element("error-note"),
    fileInput: files("Model file", { accept: ".gguf,.safetensors,.bin,.json", multiple: true }),
    folderInput: files("Model folder", { webkitdirectory: true }),
    openFile: button("Open a file", "open"),
    openFolder: button("Open a folder", "open"),
    back: button("Use the built-in model", "restart"),
    repoForm: element("form", { class: "repo", noValidate: true }),
    repo: element("input", {
      id: "repo",
      type: "text",
      placeholder: "owner/name",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: false,
      "aria-describedby": "repo-preview",
    }),
    preview: element("p", { id: "repo-preview", class: "hint", role: "status" }),
    download: button("Download it", "save"),
    room: element("p", { class: "hint" }),
    persist: button("Ask the browser to keep stored models", "shield"),
    engineFacts: element("fact-list", { "data-table": "" }),
    hub: element("div", { class: "hub" }),
  };
  parts.back.hidden = parts.download.hidden = parts.persist.hidden = true;
  parts.repoForm.append(parts.repo, element("button", { class: "button" }, "Check"));
  parts.hub.append(
    field("Precision of downloads", parts.dtype),
    element("div", { class: "field" }, element("label", { for: "repo" }, "Any CLIP model on Hugging Face"), parts.repoForm),
    parts.preview,
    parts.download,
  );
  return { ...parts, columns: [card(parts), others(parts), use(parts.limits)] };
}

/** @param {Record<"name" | "description" | "facts" | "record" | "verify" | "verdict", HTMLElement>} parts */
function card({ name, description, facts, record, verify, verdict }) {
  return element(
    "section",
    { class: "card", "aria-label": "Model card" },
    name,
    description,
    facts,
    element("details", {}, element("summary", {}, "Origin and measurements"), record),
    actions(verify),
    verdict,
  );
}

/** @param {Record<"list" | "need" | "progress" | "fault" | "openFile" | "openFolder" | "back" | "fileInput" | "folderInput" | "hub" | "room" | "persist" | "engineFacts", HTMLElement>} parts */
function others(parts) {
  return element(
    "section",
    { class: "others", "aria-labelledby": "other-models" },
    element("h2", { id: "other-models" }, "Models"),
    element("p", { class: "hint" }, "Downloads come from huggingface.co, are quantized as they arrive and are stored in this browser. Your pictures stay here."),
    parts.progress,
    parts.fault,
    field("First in the list", parts.need),
    parts.list,
    parts.hub,
    element("h3", {}, "From this device"),
    element("p", { class: "hint" }, "A .gguf file, or the files of a CLIP model from Hugging Face: config.json, tokenizer.json, model.safetensors. You can also drop them anywhere on the page."),
    actions(parts.openFile, parts.openFolder, parts.back, parts.fileInput, parts.folderInput),
    element("h3", {}, "Storage"),
    parts.room,
    parts.persist,
    element("h3", {}, "Engine"),
    parts.engineFacts,
  );
}

/** @param {HTMLElement} limits */
function use(limits) {
  return element(
    "section",
    { class: "prose" },
    element("h2", {}, "Intended use"),
    list(INTENDED),
    element("h2", {}, "Out of scope"),
    list(OUT_OF_SCOPE),
    element("h2", {}, "Limitations"),
    limits,
  );
}

/** @param {string[]} lines */
export function limitLines(lines) {
  return [...lines, ...LIMITS].map((line) => element("li", {}, line));
}

/** @param {string[]} lines */
function list(lines) {
  return element("ul", {}, ...lines.map((line) => element("li", {}, line)));
}

/**
 * @param {string} title
 * @param {Record<string, unknown>} properties
 */
function files(title, properties) {
  return element("input", { type: "file", class: "visually-hidden", tabIndex: -1, "aria-label": title, ...properties });
}
