/**
 * Makes the page work without a network: the build's list of files (`precache.js`) is kept in a cache of its version.
 * Of the engine's builds it keeps the two that this browser can run best, and the lab. The data sets that come with the page are kept
 * when they are first used.
 *
 * Online, a listed file comes from the network, so that an update shows at once; where the network fails, or gives no
 * answer for a while, it comes from the cache. Everything else, other origins before all, is none of its business.
 *
 * Every answer says that the page is cross-origin isolated, which threads need and most static hosts cannot say. So from
 * the second visit on the engine has threads on any host; nothing reloads by itself, and so nothing can reload forever.
 *
 * Runs as a classic script, because not every browser runs service workers as modules.
 */
(() => {
  const { scope } = self.registration;
  const { version, files, builds, relaxedProbe } = self.PRECACHE;

  const kernels = WebAssembly.validate(new Uint8Array(relaxedProbe)) ? "relaxed" : "simd";
  const engine = [kernels, `${kernels}-threads`, "lab", "lab-threads"].flatMap((build) => builds[build]);

  const ISOLATION = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
  };

  // Caches belong to the origin, which may host several copies of this page: the scope tells ours from theirs.
  const ours = `clip-wasm ${scope} `;
  const current = ours + version;
  const listed = new Set([...files, ...engine].map((file) => new URL(file, scope).href));

  /** Not listed: nobody needs them before they are asked for. */
  const datasets = new URL("datasets/", scope).href;

  /** The one file that is shown in a sandboxed frame. */
  const framed = new URL("www/address/ask.html", scope).href;

  /** How long the network may keep a visitor waiting for what lies in the cache, in milliseconds. */
  const PATIENCE = 3000;

  self.addEventListener("install", (event) => event.waitUntil(install()));
  self.addEventListener("activate", (event) => event.waitUntil(activate()));
  self.addEventListener("fetch", (event) => {
    const file = nameOf(event.request);
    const isOurs = listed.has(file) || file.startsWith(datasets);
    if (event.request.method === "GET" && isOurs) event.respondWith(answer(event.request, file));
  });

  async function install() {
    const cache = await caches.open(current);
    // "no-cache" asks the host whether the browser's copy is still good, instead of fetching everything twice.
    await cache.addAll([...listed].map((url) => new Request(url, { cache: "no-cache" })));
    await self.skipWaiting();
  }

  async function activate() {
    const names = await caches.keys();
    await Promise.all(
      names.filter((name) => name.startsWith(ours) && name !== current).map((name) => caches.delete(name)),
    );
    await self.clients.claim();
  }

  /** The address as the list has it: without query and fragment, and a folder for its index.html. */
  function nameOf({ url }) {
    const { origin, pathname } = new URL(url);
    return origin + pathname.replace(/\/index\.html$/, "/");
  }

  async function answer(request, file) {
    const network = fetch(request);
    const kept = caches.open(current).then((cache) => cache.match(file));
    const response = await Promise.race([network, pause(PATIENCE)]).catch(() => undefined);
    const found = response?.ok ? response : ((await kept) ?? (await network));
    if (response?.ok && !listed.has(file)) await keep(file, response.clone());
    return request.destination === "worker" ? bound(isolated(found)) : isolated(found, file === framed);
  }

  /** Keeps a file that is not listed, if there is room. */
  async function keep(file, response) {
    await (await caches.open(current)).put(file, response).catch(() => {});
  }

  /** The same answer with the headers of isolation. A sandboxed frame counts as another origin. */
  function isolated({ body, status, statusText, headers }, sandboxed = false) {
    const changed = new Headers(headers);
    for (const [name, value] of Object.entries(ISOLATION)) changed.set(name, value);
    if (sandboxed) changed.set("cross-origin-resource-policy", "cross-origin");
    return new Response(body, { status, statusText, headers: changed });
  }

  /** A worker's script with the page's policy, which a worker takes from its own headers alone; Trusted Types stay out. */
  async function bound(script) {
    const page = await (await caches.match(scope, { cacheName: current }))?.text();
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page ?? "")?.[1];
    if (!policy || script.headers.has("content-security-policy")) return script;
    const headers = new Headers(script.headers);
    headers.set("content-security-policy", policy.replace(/; require-trusted-types-for.*$/, ""));
    return new Response(script.body, { status: script.status, statusText: script.statusText, headers });
  }

  /** Resolves to nothing after some milliseconds. */
  function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
})();
