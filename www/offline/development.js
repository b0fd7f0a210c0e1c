/**
 * The service worker of the sources as `./build.sh serve` shows them: it keeps nothing and answers nothing, so that an edit
 * shows at the next reload, and clears away what a built page of the same address has kept. Nothing is offline there.
 */
(() => {
  const ours = `clip-wasm ${self.registration.scope} `;
  self.addEventListener("activate", (event) => event.waitUntil(clear()));

  self.addEventListener("message", ({ data, ports }) => {
    if (data?.kind === "take over") self.skipWaiting();
    ports[0]?.postMessage({ version: "", missing: 0 });
  });

  async function clear() {
    const names = (await caches.keys()).filter((name) => name.startsWith(ours));
    await Promise.all(names.map((name) => caches.delete(name)));
    await self.clients.claim();
  }
})();
