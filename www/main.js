// @ts-check
/** Puts the page together: the settings, the views, and what they share with the running session. */
import "./components/error-note/error-note.js";
import "./components/load-bar/load-bar.js";
import "./components/tab-bar/tab-bar.js";
import { element } from "./dom/element.js";
import { registerOffline } from "./offline/register.js";
import { session, started } from "./running-session.js";
import { numberText } from "./state/number-text.js";
import { sentence } from "./state/sentence.js";
import { SettingsStore } from "./state/settings-store.js";
import { ClassifyView } from "./views/classify/classify-view.js";
import { ModelView } from "./views/model/model-view.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 */
function find(tag) {
  return /** @type {HTMLElementTagNameMap[Tag]} */ (document.querySelector(tag));
}

const settings = new SettingsStore();
const main = find("main");
const tabBar = find("tab-bar");
const loadBar = find("load-bar");
const engineFault = find("error-note");
const guide = /** @type {HTMLElement} */ (document.getElementById("panel-guide"));
const modelLine = /** @type {HTMLElement} */ (document.getElementById("model-line"));
const announcements = /** @type {HTMLElement} */ (document.getElementById("announcements"));

const classify = new ClassifyView({ session, settings });
const model = new ModelView({ session });
classify.id = "panel-classify";
model.id = "panel-model";

const TABS = [
  { id: "classify", title: "Classify", panel: classify },
  { id: "model", title: "Model", panel: model },
  { id: "guide", title: "Guide", panel: guide },
];

let working = false;

function showState() {
  main.dataset.state = session.status === "ready" && working ? "working" : session.status;
  engineFault.fault =
    session.status === "failed" ? { message: sentence(session.failure), action: "Restart the engine" } : null;
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
document.addEventListener(
  "announce",
  (event) => (announcements.textContent = /** @type {CustomEvent} */ (event).detail.text),
);

tabBar.tabs = TABS;
tabBar.addEventListener("select-tab", (event) => selectTab(/** @type {CustomEvent} */ (event).detail.id));
settings.addEventListener("change", showTab);
showTab();
classify.addEventListener("open-model", (event) => {
  selectTab("model");
  model.openFile(/** @type {CustomEvent} */ (event).detail.file);
});

// The address belongs to the settings: the skip link moves the focus alone.
find("a").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

guide.before(classify, model);
showState();
showModel();
await started;
const offline = await registerOffline();
if (offline.ready) classify.tellOffline();
model.tellOffline(offline.ready ? "ready" : `no: ${offline.reason}`);
