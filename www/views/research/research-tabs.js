// @ts-check
/** @import { Fault } from "../../components/error-note/error-note.js" */
/** @import { IncomingFile } from "../../dom/incoming-files.js" */
/** @import { ModelSession } from "../../state/model-session.js" */
/** @import { DatasetView } from "../dataset/dataset-view.js" */
import { element } from "../../dom/element.js";
import { lazyModule } from "../../../pkg/engine/runtime/lazy-module.js";
import { sentence } from "../../state/sentence.js";

/** A tab's modules: fetched when the tab is first opened, and again if that failed. */
const modules = {
  research: lazyModule(() => import("./research.js"), "research.js", import.meta.url),
  dataset: lazyModule(() => import("../dataset/dataset-view.js"), "../dataset/dataset-view.js", import.meta.url),
  robustness: lazyModule(() => import("../robustness/robustness-view.js"), "../robustness/robustness-view.js", import.meta.url),
  bias: lazyModule(() => import("../bias/bias-view.js"), "../bias/bias-view.js", import.meta.url),
};

/** @type {Promise<void> | null} */
let styled = null;

/**
 * The tabs of research. Their modules and styles are fetched when the first of them is opened, so that they cost a
 * visit nothing before. Where that fails the panel says so, with a button to try again.
 *
 * @param {{ session: ModelSession }} wiring
 */
export function researchTabs({ session }) {
  /** @type {import("./research.js").Research | null} */
  let research = null;
  const openResearch = async () => {
    const [{ Research }] = await Promise.all([modules.research(), style()]);
    return (research ??= new Research(session));
  };
  const dataset = new LazyTab("dataset", "Dataset", async () => {
    const [research, { DatasetView }] = await Promise.all([openResearch(), modules.dataset()]);
    return new DatasetView({ research });
  });
  const robustness = new LazyTab("robustness", "Robustness", async () => {
    const [research, { RobustnessView }] = await Promise.all([openResearch(), modules.robustness()]);
    return new RobustnessView({ research });
  });
  const bias = new LazyTab("bias", "Bias", async () => {
    const [research, { BiasView }] = await Promise.all([openResearch(), modules.bias()]);
    return new BiasView({ research });
  });
  return {
    tabs: [dataset, robustness, bias],
    /** Opens files as the data set. @param {IncomingFile[]} files @returns {Promise<boolean>} whether they are taken */
    async openData(files) {
      const view = /** @type {DatasetView | null} */ (await dataset.open());
      view?.takeFiles(files);
      return view !== null;
    },
  };
}

/** A tab whose view is made when it is first opened. */
class LazyTab {
  /** @type {Promise<HTMLElement | null> | null} */
  #opening = null;
  #failures = 0;
  #make;

  /** @param {string} id @param {string} title @param {() => Promise<HTMLElement>} make */
  constructor(id, title, make) {
    this.id = id;
    this.title = title;
    this.panel = element("div", { id: `panel-${id}`, hidden: true });
    this.#make = make;
  }

  /** @returns {Promise<HTMLElement | null>} the view; `null` where it cannot be had, which the panel says */
  open() {
    this.#opening ??= this.#fill();
    return this.#opening;
  }

  async #fill() {
    this.panel.replaceChildren(element("p", { class: "hint", role: "status" }, "Opening."));
    try {
      const view = await this.#make();
      this.panel.replaceChildren(view);
      return view;
    } catch (error) {
      this.#opening = null;
      this.#failures += 1;
      this.panel.replaceChildren(await this.#note(error));
      return null;
    }
  }

  /** @param {unknown} error */
  async #note(error) {
    const isStuck = this.#failures > 1 && (await isThere());
    const words = `${this.title} cannot be opened. ${sentence(error)}`;
    const reloading = " Reload the page to fetch it again: labels, templates, model and tab are kept, but you need to open your pictures again.";
    const details = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    const note = element("error-note", {
      fault: isStuck ? { message: words + reloading, details, action: "Reload the page" } : { message: words, details, action: "Try again" },
    });
    note.addEventListener("act", () => (isStuck ? location.reload() : this.open()));
    return note;
  }
}

/** Whether the host answers: then it is the browser that keeps a failure. */
async function isThere() {
  const answer = await fetch(import.meta.url, { method: "HEAD", cache: "no-store" }).catch(() => null);
  return answer?.ok ?? false;
}

/** Adds the style of research to the page, once. @returns {Promise<void>} */
function style() {
  styled ??= new Promise((resolve, reject) => {
    const link = element("link", { rel: "stylesheet", href: new URL("research.css", import.meta.url).href });
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      link.remove();
      styled = null;
      reject(new Error("The style sheet of the research tabs could not be fetched."));
    });
    document.head.append(link);
  });
  return styled;
}
