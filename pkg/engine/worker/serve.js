// @ts-check
/** Answers requests: the part that all of the engine's workers share, whichever builds they have. */
/** @import { Answer, EngineRequests, Handlers, Kind, ResearchVerb } from "../protocol/requests.js" */
/** @import { Job } from "../protocol/types.js" */
/** @import { Runtime } from "../runtime/start-build.js" */
import { EngineError } from "../protocol/engine-error.js";
import { wireError } from "../protocol/wire-error.js";
import { EngineHost } from "./engine-host.js";
import { JobQueue } from "./job-queue.js";

/** What takes as much memory as a model is large. @type {ReadonlySet<Kind>} */
const LARGE = new Set(/** @type {const} */ (["load", "download"]));

/**
 * A download leaves the model that is loaded free to work, and the store can be looked at meanwhile.
 * @type {Partial<Record<Kind, string>>}
 */
const LANES = { download: "download", preview: "look", listModels: "look", deleteModel: "look", storage: "look", modelFile: "look" };

/** @typedef {import("../protocol/requests.js").Message} Message */

/**
 * The way to whoever asks.
 * @typedef {object} Channel
 * @property {(receive: (message: Message) => void) => void} listen
 * @property {(answer: Answer) => void} post
 * @property {() => void} close
 */

/** What a worker has. @type {Channel} */
const TO_THE_PAGE = {
  listen: (receive) => addEventListener("message", ({ data }) => receive(data)),
  post: (answer) => globalThis.postMessage(answer),
  close: () => globalThis.close(),
};

/**
 * Answers the requests that this worker is sent. Everything heavy happens on this thread.
 * @param {Runtime} runtime
 * @param {Channel} [channel]
 */
export function serve(runtime, { listen, post, close } = TO_THE_PAGE) {
  const host = new EngineHost(runtime);
  const queue = new JobQueue(({ kind, payload }, job) => answer(host, /** @type {Kind} */ (kind), payload, job), {
    progress: (id, payload) => post({ id, kind: "progress", payload }),
    done: (id, payload) => post({ id, kind: "done", payload }),
    failed: ({ id, kind }, error) => {
      const payload = wireError.pack(inWords(error, LARGE.has(/** @type {Kind} */ (kind))));
      // After a trap the module's memory is in no known state: nothing more may run in it.
      if (error instanceof WebAssembly.RuntimeError) post({ kind: "lost", payload });
      else post({ id, kind: "failed", payload });
    },
  });
  listen(async (message) => {
    if (message.kind === "cancel") return queue.cancel(message.id);
    if (message.kind !== "end") return queue.add(message, LANES[message.kind] ?? "engine");
    queue.cancelAll();
    if (runtime.Pool) {
      post({ kind: "ending" });
      await runtime.Pool.endAll(); // first the threads below this worker
    }
    close();
  });
}

/**
 * The answer to a request, by the host's method of that name.
 * @param {EngineHost} host
 * @param {Kind} kind
 * @param {any} payload
 * @param {Job} job
 */
function answer(host, kind, payload, job) {
  const [name, verb] = kind.split("/");
  if (verb) return host.research(/** @type {ResearchVerb} */ (verb), payload, job);
  /** @type {Handlers<EngineRequests>} */
  const handlers = host;
  return handlers[/** @type {keyof EngineRequests} */ (name)](payload, job);
}

/**
 * Where memory cannot be had, the engine traps and says no more, and browsers throw a `RangeError`.
 * @param {unknown} error
 * @param {boolean} isLarge whether the request takes as much memory as a model is large
 * @returns {unknown} that, in words
 */
function inWords(error, isLarge) {
  const isTrap = error instanceof WebAssembly.RuntimeError;
  if (isLarge && (isTrap || error instanceof RangeError))
    return new EngineError("out-of-memory", `the engine stopped while loading the model, probably for lack of memory (${error.message})`);
  if (!isTrap) return error;
  return new EngineError("worker-lost", `the engine stopped: it ran out of memory, or hit an internal error (${error.message})`);
}
