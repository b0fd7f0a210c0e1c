// @ts-check
/** Starts the page: the engine's session, the settings, the views and what they share. */
import "./security/trusted-types.js";
import "./components/error-note/error-note.js";
import "./components/load-bar/load-bar.js";
import "./components/tab-bar/tab-bar.js";
import "./views/classify/classify-view.js";
import "./views/model/model-view.js";
import { element } from "./dom/element.js";
import { ModelSession } from "./state/model-session.js";
import { numberText } from "./state/number-text.js";
import { sentence } from "./state/sentence.js";
import { SettingsStore } from "./state/settings-store.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 */
function find(tag) {
  return /** @type {HTMLElementTagNameMap[Tag]} */ (document.querySelector(tag));
}

const session = new ModelSession();
const settings = new SettingsStore();
const main = find("main");
const classify = find("classify-view");
const model = find("model-view");
const tabBar = find("tab-bar");
const loadBar = find("load-bar");
const engineFault = find("error-note");
const modelLine = /** @type {HTMLElement} */ (document.getElementById("model-line"));
const announcements = /** @type {HTMLElement} */ (document.getElementById("announcements"));

const TABS = [
  { id: "classify", title: "Classify", panel: classify },
  { id: "model", title: "Model", panel: model },
];

let working = false;

function showState() {
  main.dataset.state = session.status === "ready" && working ? "working" : session.status;
  engineFault.fault = session.status === "failed" ? { message: sentence(session.failure), action: "Restart the engine" } : null;
}

function showModel() {
  const { info, embedded } = session;
  if (!info) return;
  const known = embedded ? "knows drawings and emoji" : info.architecture;
  modelLine.replaceChildren(element("strong", {}, info.name), ` ${known} · ${numberText.bytes(info.bytes)}`);
}

/** Shows the tab that the settings name, or the first. */
function showTab() {
  const named = TABS.find(({ id }) => id === settings.current.tab) ?? TABS[0];
  tabBar.selected = named.id;
}

/** @param {string} id */
function selectTab(id) {
  settings.change({ tab: id === TABS[0].id ? null : id });
}

session.addEventListener("status", showState);
session.addEventListener("model", showModel);
session.addEventListener("progress", (event) => (loadBar.progress = /** @type {CustomEvent} */ (event).detail));
engineFault.addEventListener("act", () => session.restart());
classify.addEventListener("working", (event) => {
  working = /** @type {CustomEvent} */ (event).detail.working;
  showState();
});
document.addEventListener("announce", (event) => (announcements.textContent = /** @type {CustomEvent} */ (event).detail.text));

tabBar.tabs = TABS;
tabBar.addEventListener("select-tab", (event) => selectTab(/** @type {CustomEvent} */ (event).detail.id));
settings.addEventListener("change", showTab);
showTab();
classify.addEventListener("open-model", (event) => {
  selectTab("model");
  model.openFile(/** @type {CustomEvent} */ (event).detail.file);
});

model.connect({ session });
classify.connect({ session, settings });
session.start();
