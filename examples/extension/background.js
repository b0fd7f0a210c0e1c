/** The extension's service worker: it may start no worker and import nothing later on, so it runs `clip-wasm/inline`. */
import { pipeline } from "./clip-wasm/inline.js";

const LABELS = "animal, food, plant, vehicle, building, landscape";

/** Opened when it is first needed, and anew each time the browser has ended this worker. */
let opening;
const classify = async (image, labels) => (await (opening ??= pipeline("zero-shot-image-classification")))(image, labels);

chrome.runtime.onInstalled.addListener(() => {
  chrome.contextMenus.create({ id: "classify", title: "What is in this picture?", contexts: ["image"] });
});

chrome.contextMenus.onClicked.addListener(async ({ srcUrl }) => {
  const { labels = LABELS } = await chrome.storage.local.get("labels");
  const message = await classify(srcUrl, labels).then(
    (scores) => scores.slice(0, 3).map(({ label, score }) => `${label}: ${(score * 100).toFixed(0)} %`).join("\n"),
    (error) => error.message,
  );
  chrome.notifications.create({ type: "basic", iconUrl: srcUrl, title: "clip-wasm", message });
});

/** For the extension's own pages. */
chrome.runtime.onMessage.addListener(({ image, labels }, _sender, answer) => {
  classify(image, labels).then((scores) => answer({ scores }), ({ code, message }) => answer({ failure: { code, message } }));
  return true; // the answer comes later
});
