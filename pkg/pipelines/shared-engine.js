// @ts-check
/** @import { EngineCalls } from "../engine/client/engine-calls.js" */
/** @import { CallOptions, Dtype, LoadProgress, ModelInfo, ModelSource, PreprocessorName, StartOptions } from "../engine/protocol/types.js" */

/**
 * An engine with a loaded model, shared by several pipelines.
 * @typedef {object} SharedEngine
 * @property {EngineCalls} engine
 * @property {ModelInfo} info
 * @property {() => void} release ends the engine when its last user has released it
 */

/**
 * @typedef {object} Held
 * @property {Promise<{ engine: EngineCalls, info: ModelInfo }>} opening
 * @property {number} users
 * @property {LoadProgress} progress how far it was last
 */
/** @typedef {{ start: (options?: StartOptions) => Promise<EngineCalls> }} EngineClass */
/** @typedef {{ source: ModelSource, dtype?: Dtype, preprocessor?: PreprocessorName, start: StartOptions }} Wanted */

/** The engines that are in use, by what was asked for. @type {Map<string, Held>} */
const held = new Map();

/** Numbers of files and engine classes, which have no other name. @type {WeakMap<object, number>} */
const numbers = new WeakMap();
let last = 0;

/**
 * Loads a model into an engine, or gives the one that has it already: pipelines with the same model and the same options share
 * worker, threads and weights.
 * @param {EngineClass} Engine
 * @param {Wanted} asked
 * @param {CallOptions<LoadProgress>} options
 * @returns {Promise<SharedEngine>}
 */
export async function sharedEngine(Engine, asked, { signal, onProgress }) {
  const key = keyOf(Engine, asked);
  for (let other = held.get(key); other; other = held.get(key)) {
    try {
      const opened = await unlessAborted(other.opening, signal);
      if (held.get(key) !== other) continue;
      for (const stage of /** @type {const} */ (["read", "prepare"])) onProgress?.({ ...other.progress, stage }); // it is all there
      return use(key, other, opened);
    } catch {
      signal?.throwIfAborted(); // else whoever opened it has failed, or did not want to wait: opened anew
      if (held.get(key) === other) held.delete(key);
    }
  }
  const listen = (/** @type {LoadProgress} */ progress) => {
    mine.progress = progress;
    onProgress?.(progress);
  };
  /** @type {Held} */
  const mine = { opening: open(Engine, asked, { signal, onProgress: listen }), users: 0, progress: { loaded: 0, total: 0, stage: "read" } };
  held.set(key, mine);
  try {
    const opened = await mine.opening;
    const forget = () => held.get(key) === mine && held.delete(key);
    opened.engine.addEventListener("lost", forget);
    return use(key, mine, opened);
  } catch (error) {
    if (held.get(key) === mine) held.delete(key);
    throw error;
  }
}

/**
 * What a promise of somebody else's gives, where a signal does not abort first.
 * @template T
 * @param {Promise<T>} promise
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
async function unlessAborted(promise, signal) {
  signal?.throwIfAborted();
  const listening = new AbortController();
  /** @type {Promise<never>} */
  const aborted = new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason), { signal: listening.signal });
  });
  return Promise.race([promise, aborted]).finally(() => listening.abort());
}

/** @param {EngineClass} Engine @param {Wanted} asked @param {CallOptions<LoadProgress>} options */
async function open(Engine, { source, start, ...asked }, options) {
  const engine = await Engine.start(start);
  try {
    return { engine, info: await engine.load(source, { ...asked, ...options }) };
  } catch (error) {
    engine.dispose();
    throw error;
  }
}

/** @param {string} key @param {Held} one @param {{ engine: EngineCalls, info: ModelInfo }} opened @returns {SharedEngine} */
function use(key, one, { engine, info }) {
  one.users += 1;
  let isReleased = false;
  const release = () => {
    if (isReleased) return;
    isReleased = true;
    one.users -= 1;
    if (one.users > 0) return;
    if (held.get(key) === one) held.delete(key);
    engine.dispose();
  };
  return { engine, info, release };
}

/** @param {EngineClass} Engine @param {Wanted} asked */
function keyOf(Engine, { source, ...rest }) {
  const named = "file" in source ? { file: numberOf(source.file) } : source;
  return JSON.stringify([numberOf(Engine), named, rest]);
}

/** @param {object} thing */
function numberOf(thing) {
  const number = numbers.get(thing) ?? ++last;
  numbers.set(thing, number);
  return number;
}
