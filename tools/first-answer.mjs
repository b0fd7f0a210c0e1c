// @ts-check
/** What of the engine a first answer waits for, in the folder of a built page. */

const SCRIPTS = ["client", "worker-link", "code-of", "engine-error", "protocol", "wire-error", "worker", "thread-pool"];

/** @param {string} build @returns {string[]} its files, seen from the page's folder */
export function firstAnswerFiles(build) {
  const bindings = ["clip_wasm.js", "clip_wasm_bg.wasm"].map((name) => `pkg/${build}/${name}`);
  return [...SCRIPTS.map((name) => `www/engine/${name}.js`), ...bindings];
}
