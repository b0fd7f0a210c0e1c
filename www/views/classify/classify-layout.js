// @ts-check
import { actions, button } from "../../dom/controls.js";
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";
import { inOneFile } from "../../state/in-one-file.js";

/** @typedef {ReturnType<typeof classifyLayout>} ClassifyParts */

/**
 * The parts of the Classify view, in the order they are read: the picture, the scores, the labels. Nothing here has behaviour.
 */
export function classifyLayout() {
  const larger = element("button", { type: "button", class: "inline" }, "a larger model");
  const parts = {
    purpose: element(
      "p",
      { class: "purpose" },
      "This page shows which of your own labels fits a picture best, and uploads nothing: the CLIP model runs in your browser.",
    ),
    stage: element("picture-stage", { id: "stage" }),
    pictureFault: element("error-note"),
    pictureNote: element("p", { class: "hint", role: "status", hidden: true }),
    ownStrip: element("picture-strip", { "aria-label": "Your pictures", hidden: true }),
    sampleStrip: element("picture-strip", { "aria-label": "Samples" }),
    forget: element("button", { type: "button", class: "chip", hidden: true }, "Clear your pictures"),
    fileInput: element("input", {
      type: "file",
      accept: "image/*,.gguf",
      multiple: true,
      class: "visually-hidden",
      tabIndex: -1,
      "aria-label": "Picture file",
    }),
    open: button("Open", "open"),
    paste: button("Paste", "paste"),
    draw: button("Draw", "draw"),
    camera: button("Camera", "camera"),
    address: button("Address", "link"),
    addressPanel: element("address-panel", { hidden: true }),
    privacy: element(
      "p",
      { class: "privacy" },
      icon("shield"),
      element("span", {}, "Runs in this browser. Nothing is uploaded."),
    ),
    modeSwitch: element("mode-switch"),
    readout: element("answer-readout"),
    scoresFault: element("error-note"),
    scoreList: element("score-list"),
    modeHint: element("p", { class: "hint mode-hint" }),
    support: element("p", { class: "hint support", hidden: true }),
    caveats: element("ul", { class: "caveats", role: "list", "aria-label": "About these scores" }),
    larger,
    ifWrong: element(
      "p",
      { class: "hint if-wrong", hidden: true },
      "Wrong? This model is small. Try plainer words",
      ...(inOneFile ? [] : [" or ", larger]),
      ".",
    ),
    facts: element("fact-list"),
    heat: button("Heatmap", "heat"),
    heatPanel: element("heat-panel", { hidden: true }),
    copyLink: button("Copy link", "link"),
    copyJson: button("Copy JSON", "copy"),
    linkNote: element("p", { class: "hint", hidden: true }),
    labels: element("label-editor"),
    templates: element("template-editor"),
  };
  const picture = element(
    "section",
    { class: "picture-column", "aria-label": "Picture" },
    parts.stage,
    parts.pictureFault,
    parts.pictureNote,
    parts.heatPanel,
    element("p", { class: "hint ways-in" }, "Drop a photo here, paste it, or open a file."),
    actions(parts.open, parts.paste, parts.draw, parts.camera, parts.address, parts.fileInput),
    parts.addressPanel,
    parts.ownStrip,
    parts.forget,
    parts.sampleStrip,
    parts.privacy,
  );
  const scores = element(
    "section",
    { class: "scores-column", "aria-labelledby": "scores-title" },
    element("div", { class: "column-head" }, element("h2", { id: "scores-title" }, "Scores"), parts.modeSwitch),
    parts.readout,
    parts.scoresFault,
    parts.scoreList,
    parts.modeHint,
    parts.support,
    parts.caveats,
    parts.ifWrong,
    element(
      "div",
      { class: "scores-foot" },
      parts.facts,
      actions(parts.heat, parts.copyLink, parts.copyJson),
      parts.linkNote,
    ),
  );
  const question = element(
    "section",
    { class: "question-column", "aria-label": "Labels and templates" },
    parts.labels,
    parts.templates,
  );
  return { ...parts, columns: [picture, scores, question] };
}
