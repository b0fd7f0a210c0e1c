// @ts-check
/**
 * Whether a script is of another origin than this page or worker, as on a CDN: browsers start no worker from there.
 * @param {string} address
 */
export function isForeign(address) {
  const own = globalThis.location?.origin;
  return Boolean(own) && own !== "null" && /^https?:/.test(address) && new URL(address).origin !== own;
}

/**
 * Starts a module of another origin in a worker of this origin, which does nothing but import it.
 * @param {string} address of a host that lets other sites read it
 * @param {WorkerOptions} options
 */
export function foreignWorker(address, options) {
  const source = new Blob([`import ${JSON.stringify(address)};`], { type: "text/javascript" });
  return new Worker(URL.createObjectURL(source), { ...options, type: "module" });
}
