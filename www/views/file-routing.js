// @ts-check
/** @import { IncomingFile, FileListener } from "../dom/incoming-files.js" */
import { listenForFiles, modelFiles } from "../dom/incoming-files.js";

/** What dropping a file does, by the open tab. In Classify, the stage shows it. @type {Record<string, string>} */
const WORDS = {
  dataset: "Drop pictures, a folder or a table to open them as the data set",
  robustness: "Drop pictures or a folder to open them in Dataset",
  bias: "Drop pictures or a folder to open them in Dataset",
  model: "Drop a model to load it, or a picture to classify it",
  share: "Drop a picture to add it to the demo",
  guide: "Drop a picture to classify it",
};
/** The tabs whose subject is a data set. */
const RESEARCH = new Set(["dataset", "robustness", "bias"]);
/** What lies beside the weights of a checkpoint. */
const OF_MODEL = /\.(gguf|safetensors|bin|json|txt|md|model)$/i;

/**
 * Takes what is dropped or pasted anywhere to the tab in view, where that can use it, and else to the one that can, which is
 * shown: nothing arrives out of sight.
 *
 * @param {object} page
 * @param {() => string} page.inView the id of a tab
 * @param {(id: string) => void} page.show
 * @param {(words: string) => void} page.say
 * @param {(words: string | null) => void} page.hint while something hangs over the page
 * @param {{ takePictures: (files: File[]) => void, ask: (address: string) => void, refuse: (message: string) => void, dropping: boolean }} page.classify
 * @param {(files: File[]) => void} page.openModel
 * @param {() => void} page.shareOwn puts the pictures into the demo
 * @param {(files: IncomingFile[]) => Promise<boolean>} page.openData
 */
export function routeFiles({ inView, show, say, hint, classify, openModel, shareOwn, openData }) {
  const toClassify = () => inView() === "classify" || show("classify");
  /** @type {FileListener} */
  const intake = {
    hovering(hovering) {
      classify.dropping = hovering && inView() === "classify";
      hint(hovering ? (WORDS[inView()] ?? null) : null);
    },
    async files(arrived, how) {
      const files = arrived.map(({ file }) => file);
      const model = modelFiles(files);
      const tab = inView();
      const isModel = model.length > 0 && (!RESEARCH.has(tab) || files.every(({ name }) => OF_MODEL.test(name)));
      if (isModel) return openModel(model);
      if (RESEARCH.has(tab) && how === "drop") {
        if (tab !== "dataset") show("dataset");
        if ((await openData(arrived)) && tab !== "dataset") say("Opened in Dataset.");
        return;
      }
      if (tab !== "share") toClassify();
      classify.takePictures(files);
      if (tab === "share") shareOwn();
      else if (tab !== "classify") say(`Opened in Classify: ${named(files)}.`);
    },
    address(address) {
      toClassify();
      classify.ask(address);
    },
    refused(message) {
      if (inView() === "classify") classify.refuse(message);
      else say(message);
    },
  };
  listenForFiles(intake);
}

/** @param {File[]} files */
function named([first, ...others]) {
  return others.length > 0 ? `${first.name} and ${others.length} more` : first.name;
}
