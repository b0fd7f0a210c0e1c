// @ts-check
/** Whose pixels a model may be run with. */
import { EngineError } from "../protocol/engine-error.js";

/** @typedef {import("../protocol/types.js").PreprocessorName} PreprocessorName */

/** @type {readonly unknown[]} */
const NAMES = ["pillow", "torchvision"];

/**
 * @param {unknown} word of whoever calls
 * @returns {PreprocessorName | undefined} nothing where nothing was said: what the model's file says
 * @throws {EngineError} "preprocessor"
 */
export function checkPreprocessor(word) {
  if (word === undefined || word === null) return undefined;
  if (NAMES.includes(word)) return /** @type {PreprocessorName} */ (word);
  const found = typeof word === "string" ? `"${word}"` : "not a string";
  throw new EngineError("preprocessor", `preprocessor is ${found}: expected one of ${NAMES.join(", ")}`);
}
