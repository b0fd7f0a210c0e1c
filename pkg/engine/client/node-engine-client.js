// @ts-check
import { Worker as Thread } from "node:worker_threads";
import { EngineCalls } from "./engine-calls.js";

/** The engine in Node, with the build that every runtime supports, on one worker thread. */
export class NodeEngineClient extends EngineCalls {
  /** @returns {Worker} */
  static startWorker() {
    return /** @type {any} */ (new ThreadAsWorker());
  }
}

/** A thread of Node's that is spoken to as a browser's worker is. */
class ThreadAsWorker extends EventTarget {
  #thread = new Thread(new URL("../worker/worker-node.js", import.meta.url));

  constructor() {
    super();
    this.#thread.on("message", (data) => this.dispatchEvent(new MessageEvent("message", { data })));
    this.#thread.on("messageerror", () => this.dispatchEvent(new Event("messageerror")));
    this.#thread.on("error", ({ message }) => this.dispatchEvent(Object.assign(new Event("error"), { message })));
  }

  /** @param {unknown} message */
  postMessage(message) {
    this.#thread.postMessage(message);
  }

  terminate() {
    this.#thread.terminate();
  }
}
