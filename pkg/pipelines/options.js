// @ts-check
import { EngineError } from "../engine/protocol/engine-error.js";

/** Options of transformers.js that have no meaning here, and what there is instead. @type {Record<string, string>} */
const ELSEWHERE = {
  config: "the config comes with the weights",
  cache_dir: "the browser stores the models",
  local_files_only: "a stored model is used offline automatically",
  model_file_name: "the repository decides which weights are used",
  subfolder: "weights are read from the top level of the repository",
  use_external_data_format: "this engine reads no ONNX",
  session_options: "this engine has no ONNX sessions",
  quantized: 'use dtype: "q8" or dtype: "fp32"',
  quantize: "embeddings come as 32-bit floats",
  precision: "embeddings come as 32-bit floats",
  percentage: "this is an option of audio tasks",
};

/**
 * The options that are set. One that is not known is refused: ignored, it would look as if it had been followed. `null` and `undefined`
 * leave an option out, as in transformers.js.
 * @template {object} Options
 * @param {Options | null | undefined} options
 * @param {readonly string[]} known
 * @param {string} where what takes them, for the message
 * @returns {{ [Name in keyof Options]?: NonNullable<Options[Name]> }}
 * @throws {EngineError} "option"
 */
export function given(options, known, where) {
  if (options === undefined || options === null) return {};
  if (typeof options !== "object" || Array.isArray(options)) {
    throw new EngineError("option", `the options of ${where} are ${Array.isArray(options) ? "an array" : typeof options}: expected an object with ${known.join(", ")}`);
  }
  const set = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  for (const [name] of set) {
    if (known.includes(name)) continue;
    const instead = Object.hasOwn(ELSEWHERE, name) ? `${ELSEWHERE[name]}. ` : "";
    throw new EngineError("option", `${where} has no option "${name}": ${instead}The options are ${known.join(", ")}`);
  }
  return /** @type {any} */ (Object.fromEntries(set));
}

/** The words for dtypes that transformers.js uses, and ours. */
const DTYPES = new Map([
  ["fp32", "f32"],
  ["fp16", "f16"],
  ["q8", "q8_0"],
  ["q6", "q6_k"],
  ["q5", "q5_0"],
  ["q4", "q4_0"],
]);

/**
 * @param {string | undefined} word
 * @returns {import("../engine/protocol/types.js").Dtype | undefined} nothing for "auto": the default
 * @throws {EngineError} "dtype"
 */
export function dtypeOf(word) {
  if (word === undefined || word === null || word === "auto") return undefined;
  const dtype = DTYPES.get(word) ?? word;
  if ([...DTYPES.values()].includes(dtype)) return /** @type {any} */ (dtype);
  const found = typeof word === "string" ? `"${word}"` : "not a string";
  throw new EngineError("dtype", `dtype is ${found}: expected one of ${[...DTYPES.keys(), ...DTYPES.values()].join(", ")}`);
}

/**
 * @param {string | undefined} device
 * @throws {EngineError} "device"
 */
export function checkDevice(device) {
  if (device === undefined || device === null || device === "wasm" || device === "auto") return;
  throw new EngineError("device", `device is "${device}": this engine runs on "wasm", in a worker with SIMD and threads`);
}
