// @ts-check
/** @import { ModelSession } from "../../state/model-session.js" */
import { element } from "../../dom/element.js";

/**
 * The tabs of the research bench. Their modules and styles are fetched when the first of them is opened, so that they cost a
 * visit nothing before.
 *
 * @param {{ session: ModelSession }} wiring
 * @returns {{ id: string, title: string, panel: HTMLElement, open: () => Promise<void> }[]}
 */
export function researchTabs({ session }) {
  /** @type {Promise<import("./research-desk.js").ResearchDesk> | null} */
  let desk = null;
  const opened = async () => {
    document.head.append(element("link", { rel: "stylesheet", href: new URL("research.css", import.meta.url).href }));
    const { ResearchDesk } = await import("./research-desk.js");
    return new ResearchDesk(session);
  };
  const tab = (/** @type {string} */ id, /** @type {string} */ title, /** @type {(desk: any) => Promise<HTMLElement>} */ view) => {
    const panel = element("div", { id: `panel-${id}`, hidden: true });
    /** @type {Promise<void> | null} */
    let filling = null;
    const fill = async () => panel.append(await view(await (desk ??= opened())));
    return { id, title, panel, open: () => (filling ??= fill()) };
  };
  return [
    tab("dataset", "Dataset", async (desk) => new (await import("../dataset/dataset-view.js")).DatasetView({ desk })),
    tab("robustness", "Robustness", async (desk) => new (await import("../robustness/robustness-view.js")).RobustnessView({ desk })),
    tab("bias", "Bias", async (desk) => new (await import("../bias/bias-view.js")).BiasView({ desk })),
  ];
}
