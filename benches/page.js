// What the bench runs in the page: ours and the peer side by side on the same weights, round after round.
import { EngineClient } from "/target/bench/page/pkg/engine/client/engine-client.js"; // as a visitor gets it
import { CHECKPOINTS, startPeer } from "./peers.js";


/** The tensors of a safetensors file, as typed arrays by name. */
async function readTensors(url) {
  const bytes = await (await fetch(url)).arrayBuffer();
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  const types = { F32: Float32Array, I64: BigInt64Array };
  delete header.__metadata__;
  return Object.fromEntries(
    Object.entries(header).map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
      const data = new types[dtype](bytes.slice(8 + length + from, 8 + length + to));
      return [name, { data, shape }];
    }),
  );
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Cosine of two rows. */
function cosine(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((x, i) => ((ab += x * b[i]), (aa += x * x), (bb += b[i] * b[i])));
  return ab / Math.sqrt(aa * bb);
}

const mean = (values) => values.reduce((a, b) => a + b) / values.length;

const row = ({ data, shape }, index) => data.subarray(index * shape[1], (index + 1) * shape[1]);

/** Pixels as the picture that preprocessing turns into them again, near enough for a timing. */
async function pictures(tensors, count) {
  const [, , height, width] = tensors.pixel_values.shape;
  const average = tensors.image_mean?.data ?? [0.48145466, 0.4578275, 0.40821073];
  const deviation = tensors.image_std?.data ?? [0.26862954, 0.26130258, 0.27577711];
  return Array.from({ length: count }, (_, n) => {
    const pixels = tensors.pixel_values.data.subarray(n * 3 * height * width, (n + 1) * 3 * height * width);
    const image = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      for (let c = 0; c < 3; c++) {
        image.data[i * 4 + c] = Math.round((pixels[c * width * height + i] * deviation[c] + average[c]) * 255);
      }
      image.data[i * 4 + 3] = 255;
    }
    return { image, pixels };
  });
}

/** Both engines with both of their towers of a checkpoint. */
async function open(checkpoint, { threads, peer: dtype, gguf, towers = ["vision", "text"] }) {
  const ours = await EngineClient.start({ models: "/target/bench/page/models", threads });
  const info = await ours.load({ url: `/target/bench/${gguf}` });
  await ours.tryKernels();
  const peer = await startPeer(threads);
  for (const tower of towers) {
    await peer.load(checkpoint, tower, dtype);
  }
  const close = () => (ours.dispose(), peer.end());
  return { ours, peer, info, close };
}

/** One image through the vision tower, in milliseconds and cosine to PyTorch's f32. */
export async function vision(checkpoint, { threads, dtype, gguf, rounds }) {
  const tensors = await readTensors(`${CHECKPOINTS}${checkpoint}/expected.safetensors`);
  const { ours, peer, info, close } = await open(checkpoint, { threads, peer: dtype, gguf, towers: ["vision"] });
  const all = await pictures(tensors, tensors.pixel_values.shape[0]);
  const dims = [1, ...tensors.pixel_values.shape.slice(1)];
  const result = { ours_ms: [], peer_ms: [], ours_cosine: [], peer_cosine: [] };
  for (let round = -2; round < rounds; round++) {
    const index = (round + 2) % all.length;
    const { image, pixels } = all[index];
    const picture = await ours.embedImage(image);
    const data = pixels.slice();
    const theirs = await peer.call("run", { name: "vision", input: "pixel_values", type: "float32", data, dims });
    if (round < 0) continue;
    result.ours_ms.push(picture.timings.encode);
    result.peer_ms.push(theirs.ms);
    const expected = row(tensors.image_embeds, index);
    result.ours_cosine.push(cosine(picture.embedding, expected));
    result.peer_cosine.push(cosine(theirs.embeds, expected));
  }
  close();
  return { ...summary(result), flavour: info.flavour, threads: info.threads };
}

/**
 * Engines with several threads take turns of a few rounds each, and neither is there while the other runs: the peer's
 * threads spin for work while they have none and would take a core from ours.
 * @param {number} turns
 * @param {() => Promise<any>} ours runs one turn, gives what is to be noted
 * @param {() => Promise<void>} theirs
 */
async function inTurns(turns, ours, theirs) {
  const facts = {};
  for (let turn = 0; turn < turns; turn++) {
    Object.assign(facts, await ours());
    await pause(1500);
    await theirs();
    await pause(1500);
  }
  return facts;
}

/** Rounds before those that count; our kernels are tried after two of them, as an engine does by itself after a second. */
const WARM_UP = 4;

/** A turn of ours: a fresh engine, and the milliseconds that `run` gives of each round. */
async function ourTurn({ threads, gguf, rounds }, into, run) {
  const engine = await EngineClient.start({ models: "/target/bench/page/models", threads });
  const info = await engine.load({ url: `/target/bench/${gguf}` });
  for (let round = -WARM_UP; round < rounds; round++) {
    const ms = await run(engine);
    if (round === 1 - WARM_UP) await engine.tryKernels();
    if (round >= 0) into.push(ms);
  }
  engine.dispose();
  return { flavour: info.flavour, threads: info.threads };
}

/**
 * A turn of the peer's with a tower of a checkpoint: the milliseconds of each round for one of `count` things that go in together.
 * Gives the last embeddings.
 */
async function peerTurn({ threads, dtype, rounds, peer: which }, into, checkpoint, tower, input, count = 1) {
  const peer = await startPeer(threads, which);
  await peer.load(checkpoint, tower, dtype);
  let last;
  for (let round = -WARM_UP; round < rounds; round++) {
    const { ms, embeds } = await peer.call("run", { name: tower, ...input() });
    last = embeds;
    if (round >= 0) into.push(ms / count);
  }
  peer.end();
  return last;
}

/** [`vision`] in turns. */
export async function visionInTurns(checkpoint, options) {
  const tensors = await readTensors(`${CHECKPOINTS}${checkpoint}/expected.safetensors`);
  const [{ image, pixels }] = await pictures(tensors, 1);
  const input = () => pixelsOf(pixels, [1, ...tensors.pixel_values.shape.slice(1)]);
  const expected = row(tensors.image_embeds, 0);
  const result = { ours_ms: [], peer_ms: [], ours_cosine: [], peer_cosine: [] };
  const facts = await inTurns(
    options.turns,
    () =>
      ourTurn(options, result.ours_ms, async (engine) => {
        const { embedding, timings } = await engine.embedImage(image);
        result.ours_cosine.push(cosine(embedding, expected));
        return timings.encode;
      }),
    async () => {
      result.peer_cosine.push(cosine(await peerTurn(options, result.peer_ms, checkpoint, "vision", input), expected));
    },
  );
  return { ...summary(result), ...facts };
}

/**
 * Several pictures at once, in milliseconds for each: all of ours from the call to the embeddings, the peer's tower alone on
 * one tensor of them all.
 */
export async function visionBatch(checkpoint, { batch, ...options }) {
  const tensors = await readTensors(`${CHECKPOINTS}${checkpoint}/expected.safetensors`);
  const some = await pictures(tensors, tensors.pixel_values.shape[0]);
  const all = Array.from({ length: batch }, (_, n) => some[n % some.length]);
  const joined = Float32Array.from(all.flatMap(({ pixels }) => Array.from(pixels)));
  const input = () => pixelsOf(joined, [batch, ...tensors.pixel_values.shape.slice(1)]);
  const images = all.map(({ image }) => image);
  const result = { ours_ms: [], peer_ms: [], ours_cosine: [], peer_cosine: [] };
  const facts = await inTurns(
    options.turns,
    () => ourTurn(options, result.ours_ms, async (engine) => (await timed(() => engine.embedImages(images))) / batch),
    () => peerTurn(options, result.peer_ms, checkpoint, "vision", input, batch),
  );
  return { ...summary(result), ...facts };
}

/** Prompts of one batch through the text tower, in turns. */
export async function textInTurns(checkpoint, { prompts, ids, ...options }) {
  const result = { ours_ms: [], peer_ms: [], ours_cosine: [], peer_cosine: [] };
  const facts = await inTurns(
    options.turns,
    () => ourTurn(options, result.ours_ms, (engine) => timed(() => engine.embedTexts(prompts))),
    () => peerTurn(options, result.peer_ms, checkpoint, "text", () => padded(ids)),
  );
  return { ...summary(result), ...facts };
}

/** The milliseconds that a call takes. */
async function timed(call) {
  const begun = performance.now();
  await call();
  return performance.now() - begun;
}

/** The peer's input of pixels, a copy: it takes what it is given. */
const pixelsOf = (data, dims) => ({ input: "pixel_values", type: "float32", data: data.slice(), dims });

/** The peer's input of prompts, padded to the longest as transformers.js does; past the end nothing is read. */
function padded(ids) {
  const length = Math.max(...ids.map((one) => one.length));
  const data = new BigInt64Array(ids.length * length);
  ids.forEach((one, n) => Array.from({ length }, (_, k) => (data[n * length + k] = BigInt(one[k] ?? one.at(-1)))));
  return { input: "input_ids", type: "int64", data, dims: [ids.length, length] };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Prompts through the text tower. The peer takes them in batches of equal length, as transformers.js pads them. */
export async function text(checkpoint, { threads, dtype, gguf, rounds, prompts, ids, batch }) {
  const { ours, peer, info, close } = await open(checkpoint, { threads, peer: dtype, gguf, towers: ["text"] });
  const result = { ours_ms: [], peer_ms: [], ours_cosine: [], peer_cosine: [] };
  for (let round = -1; round < rounds; round++) {
    const start = performance.now();
    const embeddings = await ours.embedTexts(prompts);
    const mine = performance.now() - start;
    let theirs = 0;
    const rows = [];
    for (let first = 0; first < ids.length; first += batch) {
      const part = ids.slice(first, first + batch);
      const { ms, embeds } = await peer.call("run", { name: "text", ...padded(part) });
      theirs += ms;
      const width = embeds.length / part.length;
      for (let n = 0; n < part.length; n++) rows.push(embeds.subarray(n * width, (n + 1) * width));
    }
    if (round < 0) continue;
    result.ours_ms.push(mine);
    result.peer_ms.push(theirs);
    result.ours_cosine.push(mean(embeddings.slice(0, 50).map((one, n) => cosine(one, rows[n]))));
  }
  close();
  const { ours_cosine: agreement, peer_cosine: _, ...rest } = summary(result);
  return { ...rest, agreement, flavour: info.flavour, threads: info.threads };
}

/** Cosines to PyTorch's f32 of the checkpoint's own prompts. */
export async function textAccuracy(checkpoint, { dtype, gguf, prompts }) {
  const tensors = await readTensors(`${CHECKPOINTS}${checkpoint}/expected.safetensors`);
  const { ours, peer, close } = await open(checkpoint, { threads: 1, peer: dtype, gguf, towers: ["text"] });
  const embeddings = await ours.embedTexts(prompts);
  const [mine, theirs] = [[], []];
  for (const [index, embedding] of embeddings.entries()) {
    const expected = row(tensors.text_embeds, index);
    mine.push(cosine(embedding, expected));
    const ids = tensors[`input_ids.${index}`].data.slice();
    const options = { name: "text", input: "input_ids", type: "int64", data: ids, dims: [1, ids.length] };
    theirs.push(cosine((await peer.call("run", options)).embeds, expected));
  }
  close();
  return { ours_cosine: mean(mine), peer_cosine: mean(theirs) };
}

/** From weights that this machine has to the first scores: workers, runtime, sessions, one picture, ten labels. */
export async function start(checkpoint, { threads, dtype, gguf, rounds, labels, ids }) {
  const tensors = await readTensors(`${CHECKPOINTS}${checkpoint}/expected.safetensors`);
  const [{ image, pixels }] = await pictures(tensors, 1);
  const dims = [1, ...tensors.pixel_values.shape.slice(1)];
  const result = { ours_ms: [], peer_ms: [], ours_cosine: [], peer_cosine: [] };
  for (let round = -1; round < rounds; round++) {
    let begun = performance.now();
    const ours = await EngineClient.start({ models: "/target/bench/page/models", threads });
    await ours.load({ url: `/target/bench/${gguf}` });
    const picture = await ours.embedImage(image);
    await ours.classify(picture, { labels, templates: ["a photo of a {}."] });
    const mine = performance.now() - begun;
    ours.dispose();
    await pause(1500); // an engine that ends gives its memory back, which takes a core

    begun = performance.now();
    const peer = await startPeer(threads);
    for (const tower of ["vision", "text"]) {
      await peer.load(checkpoint, tower, dtype);
    }
    await peer.call("run", { name: "vision", input: "pixel_values", type: "float32", data: pixels.slice(), dims });
    await peer.call("run", { name: "text", ...padded(ids) });
    const theirs = performance.now() - begun;
    peer.end();
    await pause(1500);
    if (round < 0) continue;
    result.ours_ms.push(mine);
    result.peer_ms.push(theirs);
  }
  return summary(result);
}

/** An engine that has started, and has no model yet. */
let idle;

/** Starts an engine, ours or the peer, for looks at its memory from outside. */
export async function begin(whose, { threads }) {
  idle = whose === "ours" ? await EngineClient.start({ models: "/target/bench/page/models", threads }) : await startPeer(threads);
  if (whose === "ours") await idle.listModels();
}

/** Loads both towers into it, out of the browser's store where they are there already. */
export async function fill(whose, checkpoint, { dtype, gguf }) {
  if (whose === "ours") return void (await idle.load({ url: `/target/bench/${gguf}` }));
  for (const tower of ["vision", "text"]) {
    await idle.load(checkpoint, tower, dtype);
  }
}

/** A photograph's file to scores of labels seen before, against transformers.js's pipeline. */
export async function photo(checkpoint, { threads, gguf, rounds, labels }) {
  const { pipeline, env } = await import("/target/bench/node_modules/@huggingface/transformers/dist/transformers.min.js");
  env.allowRemoteModels = false;
  env.allowLocalModels = true;
  env.localModelPath = CHECKPOINTS;
  env.backends.onnx.wasm.wasmPaths = "/target/bench/node_modules/@huggingface/transformers/node_modules/onnxruntime-web/dist/";
  env.backends.onnx.wasm.numThreads = threads;
  const theirs = await pipeline("zero-shot-image-classification", checkpoint, { dtype: "q8", device: "wasm" });
  const ours = await EngineClient.start({ models: "/target/bench/page/models", threads });
  await ours.load({ url: `/target/bench/${gguf}` });
  const file = await photograph();
  const url = URL.createObjectURL(file);
  const request = { labels, templates: ["This is a photo of {}."] };
  const result = { ours_ms: [], peer_ms: [], ours_cosine: [], peer_cosine: [] };
  const steps = [];
  for (let round = -1; round < rounds; round++) {
    let begun = performance.now();
    const picture = await ours.embedImage(file);
    await ours.classify(picture, request);
    const mine = performance.now() - begun;
    begun = performance.now();
    await theirs(url, labels);
    const other = performance.now() - begun;
    begun = performance.now();
    (await createImageBitmap(file)).close();
    const browser = performance.now() - begun;
    if (round < 0) continue;
    result.ours_ms.push(mine);
    result.peer_ms.push(other);
    steps.push({ ...picture.timings, browser_decode: browser });
  }
  ours.dispose();
  const step = (name) => median(steps.map((one) => one[name]));
  const parts = Object.fromEntries(["decode", "preprocess", "encode", "browser_decode"].map((n) => [`${n}_ms`, step(n)]));
  return { ...summary(result), ...parts };
}

/** A JPEG of twelve megapixels with something in it. */
async function photograph() {
  const canvas = new OffscreenCanvas(4000, 3000);
  const context = canvas.getContext("2d");
  const sky = context.createLinearGradient(0, 0, 4000, 3000);
  sky.addColorStop(0, "#7fb4e0");
  sky.addColorStop(1, "#3d5a32");
  context.fillStyle = sky;
  context.fillRect(0, 0, 4000, 3000);
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let i = 0; i < 20000; i++) {
    context.fillStyle = `rgb(${random() * 255} ${random() * 255} ${random() * 255} / 0.3)`;
    context.fillRect(random() * 4000, random() * 3000, random() * 60, random() * 60);
  }
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 });
}

/** The implementations of the product, as the engine times them. */
export async function kernels(flavour, gguf, threads) {
  const ours = await EngineClient.start({ models: "/target/bench/page/models", flavour, threads });
  const info = await ours.load({ url: `/target/bench/${gguf}` });
  const texts = Array.from({ length: 20 }, (_, n) => `number ${n}`);
  for (let i = 0; i < 3; i++) await ours.embedTexts(texts); // the engine's compiler has to notice the loops
  await ours.tryKernels();
  const trials = await ours.tryKernels();
  ours.dispose();
  return { flavour: info.flavour, threads: info.threads, trials };
}

function summary({ ours_ms, peer_ms, ours_cosine, peer_cosine }) {
  const [ours, peer] = [median(ours_ms), median(peer_ms)];
  const cosines = {};
  if (ours_cosine.length) cosines.ours_cosine = mean(ours_cosine);
  if (peer_cosine.length) cosines.peer_cosine = mean(peer_cosine);
  const ratio = median(ours_ms.map((ms, i) => ms / peer_ms[i]));
  return { ours_ms: ours, peer_ms: peer, ratio, ...cosines };
}

Object.assign(window, { bench: { vision, visionInTurns, visionBatch, text, textInTurns, textAccuracy, start, begin, fill, photo, kernels } });
