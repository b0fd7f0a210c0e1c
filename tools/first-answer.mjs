// @ts-check
/** What of the engine a first answer waits for, in the folder of a built page. */

const SCRIPTS = [
  "client/engine-client",
  "client/engine-calls",
  "client/worker-link",
  "protocol/code-of",
  "protocol/engine-error",
  "protocol/wire-error",
  "runtime/foreign-worker",
  "worker/worker",
];

/** @param {string} build @returns {string[]} its files, seen from the page's folder */
export function firstAnswerFiles(build) {
  const bindings = ["clip_wasm.js", "clip_wasm_bg.wasm"].map((name) => `pkg/${build}/${name}`);
  const threads = build.endsWith("-threads") ? [`runtime/thread-${build.replace("-threads", "")}`] : [];
  return [...[...SCRIPTS, ...threads].map((name) => `pkg/engine/${name}.js`), ...bindings];
}
