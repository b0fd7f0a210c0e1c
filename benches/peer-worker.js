// onnxruntime-web on a thread of its own: sessions in, timed runs out.
let ort;
const sessions = {};

const handlers = {
  /** Loads the runtime for a number of threads. */
  async start({ folder, threads }) {
    ort = await import(`${folder}ort.wasm.bundle.min.mjs`);
    ort.env.wasm.wasmPaths = folder;
    ort.env.wasm.numThreads = threads;
  },
  /** Creates a session from a file in the browser's cache, where transformers.js keeps its models. */
  async load({ name, url }) {
    const cache = await caches.open("peer-models");
    if (!(await cache.match(url))) await cache.add(url);
    const bytes = new Uint8Array(await (await cache.match(url)).arrayBuffer());
    sessions[name] = await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });
  },
  /** Runs a tower on `data` of shape `dims`; gives the milliseconds and the embeddings. */
  async run({ name, input, type, data, dims }) {
    const feed = { [input]: new ort.Tensor(type, data, dims) };
    const start = performance.now();
    const { embeds } = await sessions[name].run(feed);
    return { ms: performance.now() - start, embeds: Float32Array.from(embeds.data) };
  },
};

addEventListener("message", async ({ data: { id, call, options } }) => {
  try {
    postMessage({ id, result: await handlers[call](options) });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
