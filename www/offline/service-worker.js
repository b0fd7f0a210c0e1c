/**
 * Makes the page work offline, and keeps its versions apart.
 *
 * The build's list (`precache.js`) names a version and the SHA-256 of each of its files. Each version has its own cache, whose
 * files are checked against the list when they arrive. A page gets its modules, workers and builds from the cache of its own
 * version (`<meta name="version">`) until it is closed, whatever the host has by then; the cache is deleted when no page uses
 * it any more. A file that is not stored yet is fetched when it is used. If the host has another version of it by then, the
 * page is told (`outdated`) and the request fails, rather than mixing versions.
 *
 * The page itself is always requested from the host, so that a reload brings the newest version at once, and nothing else does.
 * If the network fails or does not answer for a while, the stored version is used.
 *
 * Data (demo.json, the models, their records, data sets) belongs to no version: it is compared with the host's whenever it is
 * used, and the copy is used if the host cannot be asked. What the engine stores itself (`no-store`) is passed through, so that
 * no model is stored twice. All other requests, above all those to other origins, are left alone.
 *
 * Every response has the headers for cross-origin isolation, which threads need and most static hosts cannot send. So from the
 * second visit on, the engine has threads on any host; nothing reloads by itself, so nothing can reload forever.
 *
 * Runs as a classic script, because not every browser runs service workers as modules.
 */
(() => {
  const { scope } = self.registration;
  const list = self.PRECACHE;
  const { version, files, builds, bytes, relaxedProbe } = list;

  const kernels = WebAssembly.validate(new Uint8Array(relaxedProbe)) ? "relaxed" : "simd";
  const engine = [kernels, `${kernels}-threads`, "research", "research-threads"].flatMap((build) => builds[build]);

  const ISOLATION = {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
  };

  // Caches belong to the origin, which may host several copies of this page: the scope tells ours from theirs.
  const ours = `clip-wasm ${scope} `;
  const current = ours + version;
  const DATA = `${ours}data`;
  const CLIENTS = `${ours}clients`;
  /** Where the list lies in the cache of its version. */
  const LIST = new URL("www/offline/precache.json", scope).href;

  const address = (file) => new URL(file, scope).href;
  const listed = new Set([...files, ...Object.values(builds).flat()].map(address));
  /** Folders of the page's code, and of data that is fetched only on demand. */
  const folders = ["www/", "pkg/", "models/", "datasets/"].map(address);
  const isCode = (file) => file.startsWith(folders[0]) || file.startsWith(folders[1]);

  /** The one file that is shown in a sandboxed frame. */
  const framed = address("www/address/ask.html");

  /** How long the network may keep a visitor waiting for what lies in the cache, in milliseconds. */
  const PATIENCE = 3000;
  /** How many files are fetched at the same time. */
  const TOGETHER = 6;
  /** How many times its own size the page wants to find free before it is kept as a whole. */
  const ROOM = 3;
  /** A page that begins is not among the clients at once, in milliseconds. */
  const BEGINNING = 10_000;

  self.addEventListener("install", (event) => event.waitUntil(install()));
  self.addEventListener("activate", (event) => event.waitUntil(activate()));
  self.addEventListener("message", (event) => event.waitUntil(greet(event)));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const file = nameOf(request);
    const passes = request.method !== "GET" || request.cache === "no-store" || request.headers.has("range");
    if (passes || !(listed.has(file) || folders.some((folder) => file.startsWith(folder)))) return;
    event.respondWith(file === scope && request.mode === "navigate" ? page(event) : finish(event, file));
  });

  /** Keeps this version: all of it, or its scripts and styles where the visitor or the browser has little to spare. */
  async function install() {
    const cache = await caches.open(current);
    await cache.put(LIST, new Response(JSON.stringify(list)));
    const others = await heldLists();
    const core = files.filter((file) => file === "./" || /^(?:www\/(?!samples\/)|pkg\/engine\/)/.test(file));
    await each(core, (file) => keep(cache, file, others));
    if (!(await isSparing())) {
      const rest = [...(await wanted())].filter((file) => !core.includes(file));
      await each(rest, (file) => keep(cache, file, others)).catch((error) => {
        if (error.name !== "QuotaExceededError") throw error;
      });
    }
  }

  /**
   * Takes over, once a page says that it has all it asked for: a service worker that is replaced while a page comes can leave
   * requests without an answer. Pages of other versions go on with their own.
   */
  async function activate() {
    await sweep();
    await self.clients.claim();
    for (const client of await self.clients.matchAll()) client.postMessage({ kind: "version", version });
  }

  /** A page says which version it is, and is told whether all of this one is kept. */
  async function greet({ data, source, ports }) {
    if (data?.kind === "take over") return self.skipWaiting();
    if (data?.kind !== "hello") return;
    if (source && data.version) await remember(source.id, data.version);
    const kept = new Set((await (await caches.open(current)).keys()).map(({ url }) => url));
    for (const { url } of await (await caches.open(DATA)).keys()) kept.add(url);
    const missing = [...(await wanted())].filter((file) => !kept.has(address(file)));
    ports[0]?.postMessage({ version, missing: missing.length });
  }

  /** The files that this browser needs without a network. Of models, the one that the page begins with, if the engine does not keep it by itself. */
  async function wanted() {
    const models = new Set(await ownModel().catch(() => []));
    return new Set([...files.filter((file) => !file.endsWith(".gguf") || models.has(file)), ...engine]);
  }

  async function ownModel() {
    const { model } = await (await data(address("demo.json"))).json();
    if (/\.gguf$/i.test(model)) return [];
    const id = model || "everyday-clip";
    const record = await (await data(address(`models/${id}.json`))).json();
    return [`models/${record.file ?? `${id}.gguf`}`];
  }

  async function isSparing() {
    if (navigator.connection?.saveData) return true;
    const { usage = 0, quota = 0 } = (await navigator.storage?.estimate?.()) ?? {};
    return quota > 0 && quota - usage < ROOM * bytes;
  }

  /** Keeps a file of this version, from another version that has the same, or else from the host. */
  async function keep(cache, file, others) {
    const url = address(file);
    if (file !== "./" && !isCode(url)) return void (await data(url));
    if (await cache.match(url)) return;
    const integrity = list.integrity[file];
    const twin = integrity && others.find((other) => other.list.integrity?.[file] === integrity);
    const copy = twin && (await twin.cache.match(url));
    await cache.put(url, copy ?? (await fetched(url, integrity)));
  }

  /** A file as the list has it. A browser's copy that its host calls good may be another's: then the host's own is fetched. */
  async function fetched(url, integrity) {
    let failure;
    for (const cache of ["no-cache", "reload"]) {
      try {
        const response = await fetch(url, { cache, integrity });
        if (!response.ok) throw new TypeError(`${url} answered ${response.status}`);
        if (url === scope && stampOf(await response.clone().text()) !== version) throw new TypeError("the host has a newer page");
        return response;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** The page from its host, of whatever version that is, or the one that is kept. */
  async function page(event) {
    const network = fetch(event.request.url, { cache: "no-cache" });
    const kept = caches.match(scope, { cacheName: current });
    const response = await Promise.race([network, pause(PATIENCE)]).catch(() => undefined);
    event.waitUntil(network.then(sweep, sweep));
    const found = response?.ok ? response : ((await kept) ?? (await network));
    const stamp = stampOf(await found.clone().text());
    await remember(event.resultingClientId, stamp);
    return isolated(found);
  }

  /** A file of the page, for a page or a worker of some version. */
  async function finish(event, file) {
    const { request } = event;
    const found = isCode(file) ? await code(event, file) : await data(file, event);
    if (request.destination !== "worker") return isolated(found, file === framed);
    return bound(isolated(found));
  }

  /** A file of the version that the client is of; from the host for clients of a version that is not kept, or of none. */
  async function code(event, file) {
    const itsVersion = await versionOf(event);
    const its = itsVersion && (await heldList(itsVersion));
    // Whatever the host says of how long a file is good: a page that is not kept has to be of one version as well.
    const { request } = event;
    const asIs = () => fetch(request.mode === "navigate" ? request.url : request, { cache: "no-cache" });
    if (!its) {
      if (!itsVersion || (await hostVersion()) === itsVersion) return asIs();
      event.waitUntil(tellOutdated(itsVersion));
      throw new TypeError("the host has another version of the page");
    }
    const kept = await its.cache.match(file);
    if (kept) return kept;
    const integrity = its.list.integrity[file.slice(scope.length)];
    if (!integrity) return asIs();
    try {
      const response = await fetched(file, integrity);
      event.waitUntil(its.cache.put(file, response.clone()).catch(() => {})); // there may be no room
      return response;
    } catch (error) {
      event.waitUntil(tellOutdated(itsVersion));
      throw error;
    }
  }

  /** A file that has no version: as its host has it, or as it was kept where the host does not answer. */
  async function data(file, event) {
    const cache = await caches.open(DATA);
    const kept = await cache.match(file);
    const network = fetch(file, kept ? { headers: conditions(kept), cache: "no-store" } : { cache: "no-cache" });
    const response = await Promise.race([network, ...(kept ? [pause(PATIENCE)] : [])]).catch(() => undefined);
    if (!response) return kept ?? network;
    if (kept && response.status === 304) return kept;
    if (response.ok) {
      const putting = cache.put(file, response.clone()).catch(() => {}); // there may be no room
      if (event) event.waitUntil(putting);
      else await putting;
    } else if (kept && ![404, 410].includes(response.status)) return kept;
    return response;
  }

  /** What a host is asked by whether it has another file than the one that is kept. */
  function conditions({ headers }) {
    const [etag, modified] = [headers.get("etag"), headers.get("last-modified")];
    if (etag) return { "if-none-match": etag };
    return modified ? { "if-modified-since": modified } : {};
  }

  /** The version that the host has now, asked for at most once a second; nothing where it does not say. */
  function hostVersion() {
    if (Date.now() - asked > 1000) {
      asked = Date.now();
      told = fetch(scope, { cache: "no-store" }).then(async (answer) => (answer.ok ? stampOf(await answer.text()) : undefined));
      told = told.catch(() => undefined);
    }
    return told;
  }
  let asked = 0;
  let told = Promise.resolve();

  /** Tells pages of a version that the host has a file of it no more, if it has another version. */
  async function tellOutdated(itsVersion) {
    if ([itsVersion, undefined].includes(await hostVersion())) return;
    for (const client of await self.clients.matchAll()) {
      if ((await recall(client.id)) === itsVersion) client.postMessage({ kind: "outdated" });
    }
  }

  /** The version of whoever asks: as it was served, or as it has said. A worker is of its page's. */
  async function versionOf({ clientId, resultingClientId, request }) {
    const known = clientId ? await recall(clientId) : undefined;
    if (known !== undefined) {
      if (resultingClientId && request.destination === "worker") await remember(resultingClientId, known);
      return known;
    }
    const client = clientId ? await self.clients.get(clientId) : undefined;
    if (client?.type === "window") return undefined; // a page that was there before this, and has not said
    // A worker whose page is not told: there is no doubt where all pages are of one version.
    const pages = await self.clients.matchAll({ type: "window" });
    const versions = new Set(await Promise.all(pages.map(({ id }) => recall(id))));
    return versions.size === 1 ? [...versions][0] : undefined;
  }

  /** The versions of pages and workers, kept because a service worker may end at any time. */
  const clientVersions = new Map();
  const clientAddress = (id) => `https://clients.clip-wasm.invalid/${id}`;

  async function remember(id, itsVersion) {
    if (!id) return;
    clientVersions.set(id, itsVersion);
    const headers = { "x-time": `${Date.now()}` };
    await (await caches.open(CLIENTS)).put(clientAddress(id), new Response(itsVersion, { headers })).catch(() => {});
  }

  async function recall(id) {
    if (!clientVersions.has(id)) {
      const noted = await (await caches.open(CLIENTS)).match(clientAddress(id));
      if (!noted) return undefined;
      clientVersions.set(id, await noted.text());
    }
    return clientVersions.get(id);
  }

  /** Deletes the caches of versions that no page uses any more. */
  async function sweep() {
    const clients = await caches.open(CLIENTS);
    const alive = new Set((await self.clients.matchAll({ type: "all", includeUncontrolled: true })).map(({ id }) => clientAddress(id)));
    const used = new Set([current, DATA, CLIENTS]);
    for (const request of await clients.keys()) {
      const noted = await clients.match(request);
      const isNew = Date.now() - Number(noted?.headers.get("x-time")) < BEGINNING;
      if (noted && (alive.has(request.url) || isNew)) used.add(ours + (await noted.text()));
      else await clients.delete(request);
    }
    const names = (await caches.keys()).filter((name) => name.startsWith(ours) && !used.has(name));
    await Promise.all(names.map((name) => caches.delete(name)));
  }

  /** The list and the cache of a version that is kept, as far as it is. */
  async function heldList(itsVersion) {
    const name = ours + itsVersion;
    if (!(await caches.has(name))) return undefined;
    const cache = await caches.open(name);
    const noted = itsVersion === version ? list : await (await cache.match(LIST))?.json();
    return noted && { cache, list: noted };
  }

  async function heldLists() {
    const names = (await caches.keys()).filter((name) => name.startsWith(ours) && ![current, DATA, CLIENTS].includes(name));
    return (await Promise.all(names.map((name) => heldList(name.slice(ours.length))))).filter((held) => held);
  }

  /** The version that stands in a page; empty where none does. */
  function stampOf(html) {
    return /<meta name="version" content="([^"]*)">/.exec(html)?.[1] ?? "";
  }

  /** The address as the list has it: without query and fragment, and a folder for its index.html. */
  function nameOf({ url }) {
    const { origin, pathname } = new URL(url);
    return origin + pathname.replace(/\/index\.html$/, "/");
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

  /** Works through items, some at the same time. */
  async function each(items, work) {
    const waiting = [...items];
    const lane = async () => {
      while (waiting.length > 0) await work(waiting.shift());
    };
    await Promise.all(Array.from({ length: TOGETHER }, lane));
  }

  /** Resolves to nothing after some milliseconds. */
  function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }
})();
