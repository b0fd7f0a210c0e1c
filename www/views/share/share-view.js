// @ts-check
/**
 * The Share view: a link to the labels and templates, and the page with them as a single file or as a folder.
 */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { Demo } from "../../state/demo.js" */
/** @import { ClassifyView } from "../classify/classify-view.js" */
/** @import { ExportedDemo } from "../../export/exported-demo.js" */
import "../../components/error-note/error-note.js";
import "../../components/fact-list/fact-list.js";
import { Component } from "../../dom/component.js";
import { lazyModule } from "../../../pkg/engine/runtime/lazy-module.js";
import { element } from "../../dom/element.js";
import { inOneFile } from "../../state/in-one-file.js";
import { linkWords } from "../../state/link-words.js";
import { numberText } from "../../state/number-text.js";
import { sentence } from "../../state/sentence.js";
import { shareLayout } from "./share-layout.js";

/** What packs a demo, fetched when something is to be packed. */
const packed = {
  demo: lazyModule(() => import("../../export/exported-demo.js"), "../../export/exported-demo.js", import.meta.url),
  file: lazyModule(() => import("../../export/single-file.js"), "../../export/single-file.js", import.meta.url),
  folder: lazyModule(() => import("../../export/folder.js"), "../../export/folder.js", import.meta.url),
};

/** Labels that are named; the rest is counted. */
const MOST_NAMED = 12;

export class ShareView extends Component {
  #parts = shareLayout();
  #session;
  #demo;
  #current;
  #link;
  /** Address of the newest file made. */
  #made = "";
  /** What the newest file holds, or what one would hold. @type {unknown[]} */
  #held = [];

  /**
   * @param {object} wiring
   * @param {ModelSession} wiring.session
   * @param {Demo} wiring.demo
   * @param {() => ClassifyView["shared"]} wiring.current what is there to share
   * @param {() => ReturnType<ClassifyView["link"]>} wiring.link to it
   */
  constructor({ session, demo, current, link }) {
    super();
    this.#session = session;
    this.#demo = demo;
    this.#current = current;
    this.#link = link;
  }

  build() {
    this.append(...this.#parts.columns);
    const { copy, title, text, file, folder, pictures } = this.#parts;
    title.value = this.#demo.title;
    text.value = this.#demo.text;
    this.listen(copy, "click", () => this.#copy());
    this.listen(pictures, "change", () => this.refresh());
    for (const field of [title, text]) this.listen(field, "input", () => this.#forget([]));
    this.listen(file, "click", () => this.#makeFile());
    this.listen(folder, "click", () => this.#makeFolder());
    if (inOneFile) {
      file.disabled = folder.disabled = true;
      file.after(this.#parts.outcome);
      this.#parts.outcome.textContent = "This page is already a single file: just pass it on.";
    }
  }

  /** Puts the visitor's pictures into the demo. */
  showOwn() {
    this.#parts.pictures.checked = true;
    this.refresh();
  }

  /** Shows what a demo would hold now; a file that was made of the same stays. */
  refresh() {
    const { pictures, picturesLine, picturesLabel, contents } = this.#parts;
    const current = this.#current();
    const { labels, templates, samples, pictures: own } = current;
    picturesLine.hidden = own.length === 0;
    picturesLabel.textContent = `Show my ${counted(own.length, "picture")} instead of the samples`;
    const shown = pictures.checked && own.length > 0 ? counted(own.length, "picture of yours", "pictures of yours") : counted(samples.length, "sample");
    const { info } = this.#session;
    contents.facts = [
      ["Labels", inBrief(labels)],
      ["Templates", templates.length > 0 ? templates.join("\n") : "the model’s own"],
      ["Pictures", shown],
      ["Model", info ? `${info.name}, ${numberText.bytes(info.bytes)}` : ""],
    ];
    const holds = this.#pieces(current);
    if (!inOneFile && !isSame(holds, this.#held)) this.#forget(holds);
  }

  /** What a demo would hold now, to be compared piece by piece. @param {ClassifyView["shared"]} current @returns {unknown[]} */
  #pieces({ labels, ownLabels, templates, mode, pictures, samples }) {
    const shown = this.#parts.pictures.checked ? pictures : [];
    return [JSON.stringify([labels, ownLabels, templates, mode]), this.#session.info, ...shown, ...samples];
  }

  async #copy() {
    const { copy, linkNote } = this.#parts;
    const { link, without } = await this.#link();
    const written = await navigator.clipboard.writeText(link).then(
      () => "Link copied",
      () => "Copying is blocked",
    );
    /** @type {Text} */ (copy.lastChild).data = written;
    linkNote.textContent = linkWords(without);
    this.send("announce", { text: `${written}. ${linkNote.textContent}` });
  }

  #makeFile() {
    return this.#make(this.#parts.file, "html", async (exported) => {
      const { singleFile } = await packed.file();
      return singleFile(exported);
    });
  }

  #makeFolder() {
    return this.#make(this.#parts.folder, "zip", async (exported) => {
      const { folderArchive } = await packed.folder();
      return folderArchive(exported, this.#name);
    });
  }

  /**
   * @param {HTMLButtonElement} pressed the outcome is told beside it
   * @param {string} suffix
   * @param {(exported: ExportedDemo) => Promise<Blob>} pack
   */
  async #make(pressed, suffix, pack) {
    const { file, folder, outcome, fault } = this.#parts;
    const holds = this.#pieces(this.#current());
    this.#forget(holds);
    pressed.after(outcome);
    outcome.textContent = "Packing.";
    file.disabled = folder.disabled = true;
    try {
      const { exportedDemo } = await packed.demo();
      const blob = await pack(await exportedDemo(this.#chosen()));
      if (this.#held === holds) this.#offer(blob, `${this.#name}.${suffix}`);
      else outcome.textContent = "It has changed meanwhile: make it again.";
    } catch (error) {
      outcome.textContent = "";
      fault.fault = { message: sentence(error) };
    } finally {
      file.disabled = folder.disabled = false;
    }
  }

  #chosen() {
    const { title, text, pictures } = this.#parts;
    const { labels, ownLabels, templates, mode, samples, pictures: own } = this.#current();
    const shown = pictures.checked ? own : [];
    const { source, info, shipped } = this.#session;
    if (!source || !info) throw new Error("No model is loaded yet.");
    return {
      settings: {
        title: title.value.trim(),
        text: text.value.trim(),
        labels: ownLabels || shown.length > 0 ? labels : this.#demo.labels,
        templates: templates.length > 0 ? templates : this.#demo.templates,
        mode,
      },
      model: {
        shipped,
        name: info.name,
        file: () => this.#session.modelFile(),
      },
      pictures: shown,
      samples,
    };
  }

  /** Says how large the file is, before it is saved. @param {Blob} blob @param {string} name */
  #offer(blob, name) {
    const { outcome } = this.#parts;
    this.#made = URL.createObjectURL(blob);
    const size = numberText.bytes(blob.size);
    const save = element("a", { class: "button primary", href: this.#made, download: name }, `Save ${size}`);
    outcome.replaceChildren(save, element("span", {}, name));
    save.focus();
  }

  /** Drops the file that was made of something else. @param {unknown[]} holds what one would hold now */
  #forget(holds) {
    const { outcome, fault } = this.#parts;
    this.#held = holds;
    if (this.#made) URL.revokeObjectURL(this.#made);
    this.#made = "";
    outcome.textContent = "";
    fault.fault = null;
  }

  /** What the file is called. */
  get #name() {
    const words = this.#parts.title.value.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    return words.join("-").slice(0, 60) || "clip-wasm-demo";
  }
}

/** @param {string[]} labels */
function inBrief(labels) {
  const more = labels.length - MOST_NAMED;
  const named = labels.slice(0, MOST_NAMED).join(", ");
  return more > 0 ? `${named} and ${numberText.count(more)} more` : named;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [several]
 */
function counted(count, one, several = `${one}s`) {
  return `${numberText.count(count)} ${count === 1 ? one : several}`;
}

/** @param {unknown[]} one @param {unknown[]} other */
function isSame(one, other) {
  return one.length === other.length && one.every((piece, index) => piece === other[index]);
}

customElements.define("share-view", ShareView);
