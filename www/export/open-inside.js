// @ts-check
/**
 * Opens a page that is packed into one HTML file. `single-file.js` puts this script into the file as it stands; nothing
 * imports it.
 *
 * Every file of the page lies in a `script[data-file]`, base64, gzipped where that helps, and becomes a Blob. Modules
 * believe to lie at `inside:///PATH`; what they import are blob: addresses, and what they fetch there gets the Blob. From
 * disk, Chromium gives a worker neither modules nor the addresses of its page: so a worker starts as a classic script,
 * is sent the Blobs, and makes addresses of its own.
 */
(async () => {
  /** @type {Map<string, Blob>} */
  const files = new Map();
  for (const holder of document.querySelectorAll("script[data-file]")) {
    const { file = "", type = "", gzip } = /** @type {HTMLElement} */ (holder).dataset;
    files.set(file, await unpack(holder.textContent ?? "", type, gzip !== undefined));
    holder.remove();
  }

  const starter = URL.createObjectURL(new Blob([`${openInside}\n(${startWorker})();`], { type: "text/javascript" }));
  globalThis.Worker = class extends Worker {
    /** @param {string | URL} script @param {WorkerOptions} [options] */
    constructor(script, { name } = {}) {
      super(starter, { name });
      this.postMessage({ script: String(script), files });
    }
  };
  const link = openInside(files);
  for (const path of (document.body.dataset.start ?? "").split(" ")) await import(await link(path));

  /** @param {string} text base64 @param {string} type @param {boolean} gzip */
  async function unpack(text, type, gzip) {
    const native = Reflect.get(Uint8Array, "fromBase64");
    const bytes = native
      ? native.call(Uint8Array, text)
      : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const blob = new Blob([bytes], { type });
    if (!gzip) return blob;
    const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream, { headers: { "content-type": type } }).blob();
  }

  /**
   * Makes `fetch` answer for the files, in this thread. Workers get this function's source: it uses nothing around it.
   *
   * @param {Map<string, Blob>} files
   * @returns {(path: string) => Promise<string>} gives a module the addresses of what it imports, leaves first (the page's
   *   modules know no circles), and resolves to its own address
   */
  function openInside(files) {
    const inside = "inside:///";
    const outside = globalThis.fetch;
    globalThis.fetch = async (input, options) => {
      const asked = input instanceof Request ? input.url : String(input);
      if (!asked.startsWith(inside)) return outside(input, options);
      const file = files.get(decodeURI(asked.slice(inside.length).replace(/[?#].*/, "")));
      const headers = { "content-type": file?.type ?? "", "content-length": String(file?.size) };
      return file ? new Response(file, { headers }) : new Response(null, { status: 404 });
    };

    /** @type {Map<string, string>} */
    const linked = new Map();
    return async function link(path) {
      const known = linked.get(path);
      if (known) return known;
      const text = (await files.get(path)?.text()) ?? "";
      let source = text.replaceAll("import.meta.url", JSON.stringify(inside + path));
      for (const [statement, before, name] of text.matchAll(/(\b(?:from|import)\s*\(?\s*)["'](\.{1,2}\/[^"'\s]+)["']/g)) {
        const target = new URL(name, inside + path).pathname.slice(1);
        if (files.has(target)) source = source.replaceAll(statement, `${before}"${await link(target)}"`);
      }
      linked.set(path, URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
      return linked.get(path) ?? "";
    };
  }

  /** Runs in the worker: imports its module, and hands on what was sent meanwhile. */
  function startWorker() {
    /** @type {MessageEvent[]} */
    const early = [];
    const keep = (/** @type {MessageEvent} */ event) => early.push(event);
    const begin = async (/** @type {MessageEvent} */ { data: { script, files } }) => {
      addEventListener("message", keep);
      await import(await openInside(files)(new URL(script).pathname.slice(1)));
      removeEventListener("message", keep);
      for (const { data } of early) dispatchEvent(new MessageEvent("message", { data }));
    };
    addEventListener("message", begin, { once: true });
  }
})();
