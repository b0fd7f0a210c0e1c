// @ts-check
/** The files that one HTML file holds, and how the page and its worker get at them. */

/** Where modules believe to lie: `tools/one-file.mjs` writes it in place of `import.meta.url`. */
const INSIDE = "inside:///";

/**
 * Takes the files out of the page: each is a `script[data-file]`, in base64, gzipped where that helps.
 *
 * @returns {Promise<Map<string, Blob>>} by their paths in the page's folder
 */
export async function heldFiles() {
  /** @type {Map<string, Blob>} */
  const files = new Map();
  for (const holder of document.querySelectorAll("script[data-file]")) {
    const { file = "", type = "", gzip } = /** @type {HTMLElement} */ (holder).dataset;
    files.set(file, await unpacked(holder.textContent ?? "", type, gzip !== undefined));
    holder.remove();
  }
  return files;
}

/** @param {string} text base64 @param {string} type @param {boolean} gzip */
async function unpacked(text, type, gzip) {
  const native = Reflect.get(Uint8Array, "fromBase64");
  const bytes = native
    ? native.call(Uint8Array, text)
    : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const blob = new Blob([bytes], { type });
  if (!gzip) return blob;
  const stream = blob.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "content-type": type } }).blob();
}

/** Makes `fetch` answer with the files in this thread. @param {Map<string, Blob>} files */
export function answerFetches(files) {
  const outside = globalThis.fetch;
  globalThis.fetch = async (input, options) => {
    const asked = input instanceof Request ? input.url : String(input);
    if (!asked.startsWith(INSIDE)) return outside(input, options);
    const path = asked.slice(INSIDE.length).replace(/[?#].*/, "");
    const file = files.get(path) ?? files.get(path.split("/").map(decodeURIComponent).join("/"));
    const headers = { "content-type": file?.type ?? "", "content-length": String(file?.size) };
    return file ? new Response(file, { headers }) : new Response(null, { status: 404 });
  };
}
