// @ts-check
import { ownVersion as own } from "./own-version.js";

/** How long the service worker may take to report what it has stored, in milliseconds. */
const PATIENCE = 10_000;
/** How often a page that stays open asks for a newer version, in milliseconds. */
const ASKING = 3_600_000;

/**
 * Makes the page work offline from the next visit on, and keeps this one to its version.
 * @param {() => void} [onNewVersion] called when the host has another version; this page goes on with its own
 * @returns {Promise<{ ready: true } | { ready: false, reason: string }>} once every file is kept, or why not all are
 */
export async function registerOffline(onNewVersion = () => {}) {
  if (!("serviceWorker" in navigator)) {
    return { ready: false, reason: "storing the page needs HTTPS and a window that is not private" };
  }
  try {
    const script = new URL("../../service-worker.js", import.meta.url);
    navigator.serviceWorker.addEventListener("message", ({ data }) => {
      if (data.kind === "outdated" || (data.kind === "version" && own && data.version !== own)) onNewVersion();
    });
    const registration = await navigator.serviceWorker.register(script, { updateViaCache: "none" });
    registration.addEventListener("updatefound", () => newest(registration).catch(() => {}));
    await newest(registration);
    let { version, missing } = await greeted(registration);
    if (version !== own) {
      await registration.update();
      await newest(registration);
      ({ version, missing } = await greeted(registration));
    }
    if (version === "") return { ready: false, reason: "this is a development server, so nothing is stored" };
    if (own && version !== own) onNewVersion();
    keepAsking(registration);
    if (missing === 0) return { ready: true };
    return {
      ready: false,
      reason: "to save data or space, each part of the page is stored when it is first used",
    };
  } catch (error) {
    return { ready: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Lets the newest version take over once it has all its files, or waits until it has failed to get them.
 * @param {ServiceWorkerRegistration} registration
 * @returns {Promise<void>} rejects where no older one serves either
 */
function newest(registration) {
  const worker = registration.installing ?? registration.waiting;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (!worker || worker.state === "activated") resolve();
      else if (worker.state === "installed") worker.postMessage({ kind: "take over" });
      else if (worker.state === "redundant" && registration.active) resolve();
      else if (worker.state === "redundant") reject(new Error("the files for offline use could not be fetched"));
    };
    worker?.addEventListener("statechange", look);
    look();
  });
}

/**
 * Says which version this page is.
 * @param {ServiceWorkerRegistration} registration
 * @returns {Promise<{ version: string, missing: number }>} the version that is kept, empty where none is, and how many of its
 *   files are not
 */
function greeted(registration) {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port1.onmessage = ({ data }) => resolve(data);
    setTimeout(() => reject(new Error("the service worker does not answer")), PATIENCE);
    registration.active?.postMessage({ kind: "hello", version: own }, [port2]);
  });
}

/** Asks for a newer version now and then, and when the page is looked at again. @param {ServiceWorkerRegistration} registration */
function keepAsking(registration) {
  let asked = Date.now();
  const ask = () => {
    if (document.visibilityState === "hidden" || Date.now() - asked < ASKING) return;
    asked = Date.now();
    registration.update().catch(() => {}); // there is no network, or the host has gone: the next time
  };
  setInterval(ask, ASKING);
  document.addEventListener("visibilitychange", ask);
}
