// @ts-check
/**
 * Starts a module of the engine where bundlers need not follow: from a copy of the package, or from another origin, as on a CDN.
 * @param {string} file seen from the engine's folder
 * @param {string | undefined} base the folder of a copy of the package, which is used instead of this one
 * @param {string} own the address of the module that asks, in a folder below the engine's
 * @param {string} name of the worker
 * @returns {Worker | undefined} nothing where the caller spells the module's address out
 */
export function workerElsewhere(file, base, own, name) {
  const address = new URL(base ? `engine/${file}` : `../${file}`, base ?? own).href;
  if (isForeign(address)) return foreignWorker(address, { name });
  return base ? new Worker(address, { type: "module", name }) : undefined;
}

/**
 * Whether a script is of another origin than this page or worker: browsers start no worker from there.
 * @param {string} address
 */
function isForeign(address) {
  const own = globalThis.location?.origin;
  return Boolean(own) && own !== "null" && /^https?:/.test(address) && new URL(address).origin !== own;
}

/**
 * Starts a module of another origin in a worker of this origin, which does nothing but import it.
 * @param {string} address of a host that lets other sites read it
 * @param {WorkerOptions} options
 */
function foreignWorker(address, options) {
  const source = new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source), { ...options, type: "module" });
}
