// @ts-check
/** The engine's worker: requests in, answers out. Everything heavy happens on this thread. */
import { EngineError } from "./engine-error.js";
import { EngineHost } from "./engine-host.js";
import { JobQueue } from "./job-queue.js";
import { KIND } from "./protocol.js";
import { endThreadPools } from "./thread-pool.js";
import { wireError } from "./wire-error.js";

const host = new EngineHost();

/** @type {(message: { id?: number, kind: string, payload: unknown }) => void} */
const post = (message) => globalThis.postMessage(message);

/** What takes as much memory as a model is large. */
const LARGE = new Set([`${KIND.load}`, KIND.obtain]);

const queue = new JobQueue(
  ({ kind, payload }, job) => {
    switch (kind) {
      case KIND.start:
        return host.start(payload);
      case KIND.load:
        return host.load(payload, job);
      case KIND.obtain:
        return host.obtain(payload, job);
      case KIND.preview:
        return host.preview(payload, job);
      case KIND.listModels:
        return host.listModels(job);
      case KIND.deleteModel:
        return host.deleteModel(payload);
      case KIND.storage:
        return host.storage();
      case KIND.modelFile:
        return host.modelFile(payload);
      case KIND.embedImage:
        return host.embedImage(payload);
      case KIND.embedTexts:
        return host.embedTexts(payload, job);
      case KIND.classify:
        return host.classify(payload, job);
      case KIND.heatmaps:
        return host.heatmaps(payload, job);
      case KIND.modelHash:
        return host.modelHash();
      case KIND.tokenize:
        return host.tokenize(payload);
      case KIND.preprocess:
        return host.preprocess(payload);
      case KIND.research:
        return host.research(payload, job);
      case KIND.tryKernels:
        return host.tryKernels();
      default:
        throw new TypeError(`unknown request "${kind}"`);
    }
  },
  {
    progress: (id, payload) => post({ id, kind: KIND.progress, payload }),
    done: (id, payload) => post({ id, kind: KIND.done, payload }),
    failed: ({ id, kind }, error) => {
      const payload = wireError.pack(inWords(error, LARGE.has(kind)));
      // After a trap the module's memory is in no known state: nothing more may run in it.
      if (error instanceof WebAssembly.RuntimeError) post({ kind: KIND.lost, payload });
      else post({ id, kind: KIND.failed, payload });
    },
  },
);

/** A download leaves the model that is loaded free to work, and the store can be looked at meanwhile. */
const LANES = new Map([
  [KIND.obtain, "download"],
  [KIND.preview, "look"],
  [KIND.listModels, "look"],
  [KIND.deleteModel, "look"],
  [KIND.storage, "look"],
  [KIND.modelFile, "look"],
]);

addEventListener("message", ({ data }) => {
  if (data.kind === KIND.cancel) queue.cancel(data.id);
  else if (data.kind === KIND.end) end();
  else queue.add(data, LANES.get(data.kind) ?? "engine");
});

/**
 * Where memory cannot be had, the engine traps and says no more, and browsers throw a `RangeError`.
 * @param {unknown} error
 * @param {boolean} isLarge whether the request takes as much memory as a model is large
 * @returns {unknown} that, in words
 */
function inWords(error, isLarge) {
  const isTrap = error instanceof WebAssembly.RuntimeError;
  if (isLarge && (isTrap || error instanceof RangeError))
    return new EngineError("out-of-memory", `the engine stopped while it loaded the model, for which there is hardly enough memory here (${error.message})`);
  if (!isTrap) return error;
  return new EngineError("worker-lost", `the engine stopped: it ran out of memory, or met a fault of its own (${error.message})`);
}

/** Ends this worker, and the threads below it first. */
function end() {
  endThreadPools();
  close();
}
