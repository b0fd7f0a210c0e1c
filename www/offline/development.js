/**
 * The service worker of the sources as `./build.sh serve` shows them: it keeps nothing and answers nothing, so that an edit
 * shows at the next reload, and clears away what a built page of the same address has kept. Nothing is offline there. The
 * built page's own service worker may still be storing something when this one takes over, so each visit clears again.
 */
(() => {
  const ours = `clip-wasm ${self.registration.scope} `;
  self.addEventListener("activate", (event) => event.waitUntil(clear().then(() => self.clients.claim())));

  self.addEventListener("message", (event) => {
    const { data, ports } = event;
    if (data?.kind === "take over") self.skipWaiting();
    if (data?.kind === "hello") event.waitUntil(clear());
    ports[0]?.postMessage({ version: "", missing: 0 });
  });

  async function clear() {
    const names = (await caches.keys()).filter((name) => name.startsWith(ours));
    await Promise.all(names.map((name) => caches.delete(name)));
  }
})();
