// @ts-check
/**
 * Makes the page work offline from the next visit on.
 * @returns {Promise<{ ready: true } | { ready: false, reason: string }>} once every file is kept, or why none is
 */
export async function registerOffline() {
  if (!("serviceWorker" in navigator)) {
    return { ready: false, reason: "this browser keeps no pages offline here: it needs https, and no private window" };
  }
  try {
    const script = new URL("../../service-worker.js", import.meta.url);
    const registration = await navigator.serviceWorker.register(script, { updateViaCache: "none" });
    await installed(registration);
    return { ready: true };
  } catch (error) {
    return { ready: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Waits until the newest version has all its files, or has failed to get them while no older one serves.
 * @param {ServiceWorkerRegistration} registration
 */
async function installed(registration) {
  const worker = registration.installing;
  if (!worker) return;
  await new Promise((resolve, reject) => {
    worker.addEventListener("statechange", () => {
      if (worker.state === "activated") resolve(undefined);
      if (worker.state !== "redundant") return;
      if (registration.active) resolve(undefined);
      else reject(new Error("the files for offline use could not be fetched"));
    });
  });
}
