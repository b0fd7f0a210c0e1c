// LiteRT.js on a thread of its own: the calls of peer-worker.js. Its loader needs a classic worker, hence a bundle (see build.sh).
importScripts("/target/bench/litert.js");

let threaded;
const models = {};

const handlers = {
  /** Loads the runtime for a number of threads. */
  async start({ folder, threads }) {
    threaded = threads;
    // Emscripten takes this script's folder for its own.
    self.Module = { locateFile: (file) => `${folder}${file}`, mainScriptUrlOrBlob: `${folder}litert_wasm_threaded_internal.js` };
    await liteRt.loadLiteRt(folder, { threads: threads > 1 });
  },
  /** Compiles a model for XNNPACK. */
  async load({ name, url }) {
    models[name] = await liteRt.loadAndCompile(url, { accelerator: "wasm", cpuOptions: { numThreads: threaded } });
  },
  /** Runs a tower on `data` of shape `dims`; gives the milliseconds and the embeddings. */
  async run({ name, data, dims }) {
    const input = new liteRt.Tensor(data, dims);
    const start = performance.now();
    const [output] = await models[name].run(input);
    const ms = performance.now() - start;
    const embeds = Float32Array.from(output.toTypedArray());
    for (const tensor of [input, output]) tensor.delete();
    return { ms, embeds };
  },
};

addEventListener("message", async ({ data: { id, call, options } }) => {
  try {
    postMessage({ id, result: await handlers[call](options) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
