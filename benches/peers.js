// The engines that ours is compared with, each in a worker of its own.
/** The peers' runtimes: their workers, their files, and how the names of their models end. */
const PEERS = {
  onnxruntime: { worker: "/benches/peer-worker.js", type: "module", folder: "/target/bench/node_modules/onnxruntime-web/dist/", ending: ".onnx" },
  litert: { worker: "/benches/litert-worker.js", type: "classic", folder: "/target/bench/node_modules/@litertjs/core/wasm/", ending: ".tflite" },
};
/** Where checkpoints.py puts the towers. */
export const CHECKPOINTS = "/target/bench/checkpoints/";

/**
 * A worker of a peer's, with its calls as promises.
 * @param {number} threads
 * @param {"onnxruntime" | "litert"} [which]
 */
export function startPeer(threads, which = "onnxruntime") {
  const { worker: file, type, folder, ending } = PEERS[which];
  const worker = new Worker(file, { type });
  const waiting = new Map();
  let next = 0;
  worker.onmessage = ({ data: { id, result, error } }) => {
    const { resolve, reject } = waiting.get(id);
    if (error) reject(new Error(error));
    else resolve(result);
  };
  const call = (name, options, transfer = []) =>
    new Promise((resolve, reject) => {
      waiting.set(++next, { resolve, reject });
      worker.postMessage({ id: next, call: name, options }, transfer);
    });
  /** Loads a tower of a checkpoint; a `dtype` of "" is f32. */
  const load = (checkpoint, tower, dtype) =>
    call("load", { name: tower, url: `${CHECKPOINTS}${checkpoint}/onnx/${tower}${dtype ? `_${dtype}` : ""}${ending}` });
  return call("start", { folder, threads }).then(() => ({ call, load, end: () => worker.terminate() }));
}
