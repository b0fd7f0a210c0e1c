// @ts-check
/** Assembles the page: the settings, the views, and the session that they share. */
import "./components/error-note/error-note.js";
import "./components/load-bar/load-bar.js";
import "./components/tab-bar/tab-bar.js";
import "./components/version-offer/version-offer.js";
import { element } from "./dom/element.js";
import { registerOffline } from "./offline/register.js";
import { stillCurrent } from "./offline/still-current.js";
import { demoRead, session, started } from "./running-session.js";
import { inOneFile } from "./state/in-one-file.js";
import { sentence } from "./state/sentence.js";
import { SettingsStore } from "./state/settings-store.js";
import { SHIPPED } from "./state/shipped-models.js";
import { routeFiles } from "./views/file-routing.js";
import { ClassifyView } from "./views/classify/classify-view.js";
import { ModelView } from "./views/model/model-view.js";
import { researchTabs } from "./views/research/research-tabs.js";
import { ShareView } from "./views/share/share-view.js";

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 */
function find(tag) {
  return /** @type {HTMLElementTagNameMap[Tag]} */ (document.querySelector(tag));
}

const { demo, problem } = await demoRead;
const settings = new SettingsStore(demo.mode);
const main = find("main");
const tabBar = find("tab-bar");
const loadBar = find("load-bar");
const engineFault = find("error-note");
const brand = /** @type {HTMLElement} */ (document.querySelector(".brand span"));
const versionOffer = element("version-offer");
/** What there is to say about the model in use: that a newer one could not be had, or that it was damaged. */
const modelNote = element("p", { class: "hint", hidden: true });
const guide = /** @type {HTMLElement} */ (document.getElementById("panel-guide"));
const modelLine = /** @type {HTMLElement} */ (document.getElementById("model-line"));
const announcements = /** @type {HTMLElement} */ (document.getElementById("announcements"));

const classify = new ClassifyView({ session, settings, demo });
const model = new ModelView({ session });
const share = new ShareView({ session, demo, current: () => classify.shared, link: () => classify.link({ tab: null }) });
classify.id = "panel-classify";
model.id = "panel-model";
share.id = "panel-share";

// A page in one file has no host to fetch the research tabs from.
const research = inOneFile ? null : researchTabs({ session });
const lazyTabs = research?.tabs ?? [];

const TABS = [
  { id: "classify", title: "Classify", panel: classify },
  ...lazyTabs,
  { id: "model", title: "Model", panel: model },
  { id: "share", title: "Share", panel: share },
  { id: "guide", title: "Guide", panel: guide },
];

const dropHint = element("p", { class: "drop-words", "aria-hidden": "true", hidden: true });
const modelNotice = element("error-note", { class: "page-fault" });

let working = false;
/** The model of the address that was followed last. */
let followed = settings.current.model;

/** Shows what demo.json says about the page itself. */
function showDemo() {
  if (demo.title) document.title = demo.title;
  if (demo.title) brand.textContent = demo.title;
  if (demo.text) main.prepend(element("p", { class: "demo-text" }, demo.text));
  for (const message of [problem, settings.problem])
    if (message) engineFault.before(element("error-note", { class: "page-fault", fault: { message } }));
}

function showState() {
  main.dataset.state = session.status === "ready" && working ? "working" : session.status;
  engineFault.fault =
    session.status === "failed" ? { message: sentence(session.failure), action: "Restart the engine" } : null;
}

function showModel() {
  const { info, shipped } = session;
  if (!info) return;
  modelNote.textContent = info.note ?? "";
  modelNote.hidden = !info.note;
  const known = shipped ? SHIPPED[shipped].knows : info.architecture;
  modelLine.replaceChildren(element("strong", {}, info.name), ` ${known}`);
}

/** The tab that the settings name, or the first. */
function inView() {
  return TABS.find(({ id }) => id === settings.current.tab) ?? TABS[0];
}

function showTab() {
  const { id, panel } = inView();
  tabBar.selected = id;
  if (panel !== classify) classify.leave();
  if (panel === share) share.refresh();
  if (panel === model) model.refresh();
  openLate(lazyTabs.find((tab) => tab.id === id));
}

/** Fetches a tab that is not there yet, if the host still has this page's. @param {{ open: () => unknown }} [tab] */
async function openLate(tab) {
  if (!tab) return;
  if (await stillCurrent()) tab.open();
  else versionOffer.offer();
}

/** Writes the model in place into the address, unless that asks for another that is still to come. */
async function tellModel() {
  if (session.wanted) return;
  const choice = session.own ? null : await session.choice();
  if (!session.wanted && !isDeepEqual(choice, settings.current.model)) settings.correct({ model: choice });
}

/** Loads the model of an address that was edited by hand. @param {CustomEvent} event */
function followAddress({ detail }) {
  const { model: choice } = settings.current;
  if (detail.origin === "history" && !isDeepEqual(choice, followed)) session.want(choice);
  followed = choice;
}

/** @param {unknown} one @param {unknown} other */
function isDeepEqual(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @param {string} id */
function selectTab(id) {
  settings.change({ tab: id === TABS[0].id ? null : id });
}

session.addEventListener("status", showState);
session.addEventListener("model", showModel);
session.addEventListener("model", showTab);
for (const news of ["model", "hash"]) session.addEventListener(news, tellModel);
session.addEventListener("notice", () => (modelNotice.fault = session.notice));
modelNotice.addEventListener("act", () => {
  selectTab("model");
  if (session.wanted) model.offer(session.wanted);
});
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
settings.addEventListener("change", (event) => followAddress(/** @type {CustomEvent} */ (event)));
showTab();
classify.addEventListener("open-model", (event) => {
  const { files, id } = /** @type {CustomEvent} */ (event).detail;
  selectTab("model");
  if (files) model.openFiles(files);
  else model.refresh(id);
});
routeFiles({
  inView: () => inView().id,
  show: selectTab,
  say: (text) => (announcements.textContent = text),
  hint: (words) => {
    dropHint.hidden = words === null;
    dropHint.textContent = words;
  },
  classify,
  openModel: (files) => {
    selectTab("model");
    model.openFiles(files);
  },
  shareOwn: () => share.showOwn(),
  openData: async (files) => research?.openData(files) ?? false,
});

// The address belongs to the settings: the skip link moves the focus alone.
find("a").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});

engineFault.after(modelNotice);
main.append(dropHint);
modelNotice.fault = session.notice;
engineFault.before(versionOffer, modelNote);
versionOffer.addEventListener("take", () => location.reload());
guide.before(classify, ...lazyTabs.map(({ panel }) => panel), model, share);
showDemo();
showState();
showModel();
await started;
const offline = await registerOffline(() => versionOffer.offer());
if (offline.ready) classify.tellOffline();
model.tellOffline(offline.ready ? "ready" : `no: ${offline.reason}`);
