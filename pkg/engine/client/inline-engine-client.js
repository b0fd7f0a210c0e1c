// @ts-check
import * as simd from "../../simd/clip_wasm.js";
import { files, records } from "../../models/index.js";
import { serve } from "../worker/serve.js";
import { EngineCalls } from "./engine-calls.js";

/** @import { StartOptions } from "../protocol/types.js" */

/**
 * The engine on the caller's own thread, which is blocked while it works: for service workers, which may neither start workers nor
 * import anything later on.
 */
export class InlineEngineClient extends EngineCalls {
  /** @param {StartOptions} [options] @returns {Promise<any>} */
  static start(options) {
    return super.start({ ...options, models: options?.models ?? { records, files } });
  }

  /** @returns {Worker} */
  static startWorker() {
    const { port1, port2 } = new MessageChannel();
    serve(
      { builds: { simd: async () => simd } },
      {
        listen: (receive) => (port2.onmessage = ({ data }) => receive(data)),
        post: (answer) => port2.postMessage(answer),
        close: () => port2.close(),
      },
    );
    port1.start();
    return /** @type {any} */ (Object.assign(port1, { terminate: () => port1.close() }));
  }
}
