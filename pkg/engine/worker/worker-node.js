// @ts-check
/** The engine's worker in Node, with the build that every runtime supports. */
import { readFile } from "node:fs/promises";
import { parentPort } from "node:worker_threads";
import { serve } from "./serve.js";

const port = /** @type {import("node:worker_threads").MessagePort} */ (parentPort);

// What a browser's worker has, and Node's has not.
if (!("navigator" in globalThis)) Object.assign(globalThis, { navigator: { userAgent: `Node.js ${process.version}` } });
if (!("ImageData" in globalThis)) Object.assign(globalThis, { ImageData: class {} });

const overNetwork = globalThis.fetch;
/** Also reads files, as the model that comes with the package is one. @type {typeof fetch} */
globalThis.fetch = async (input, options) => {
  const address = input instanceof Request ? input.url : `${input}`;
  if (!address.startsWith("file:")) return overNetwork(input, options);
  const bytes = await readFile(new URL(address));
  return new Response(bytes, { headers: { "content-length": `${bytes.byteLength}` } });
};

/**
 * Imports a build that is instantiated from its file.
 * @param {Promise<typeof import("../../simd/clip_wasm.js")>} importing
 * @param {URL} file
 */
async function fromFile(importing, file) {
  const module = await importing;
  return { ...module, default: async () => module.default({ module_or_path: await readFile(file) }) };
}

serve(
  {
    builds: {
      simd: () => fromFile(import("../../simd/clip_wasm.js"), new URL("../../simd/clip_wasm_bg.wasm", import.meta.url)),
      research: () => fromFile(/** @type {any} */ (import("../../research/clip_wasm.js")), new URL("../../research/clip_wasm_bg.wasm", import.meta.url)),
    },
  },
  {
    listen: (receive) => port.on("message", receive),
    post: (answer) => port.postMessage(answer),
    close: () => port.close?.(), // Deno has none: there the thread is ended from outside
  },
);
