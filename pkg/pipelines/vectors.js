// @ts-check
/** Arithmetic on embeddings, with the names that transformers.js uses. */
import { EngineError } from "../engine/protocol/engine-error.js";

/** @typedef {ArrayLike<number> | { data: ArrayLike<number> }} Vector an array, or a tensor with one row */

/**
 * @param {Vector} first
 * @param {Vector} second
 * @returns {number} their dot product
 */
export function dot(first, second) {
  const [one, other] = [valuesOf(first), valuesOf(second)];
  if (one.length !== other.length) {
    throw new EngineError("vector", `the vectors have ${one.length} and ${other.length} values: expected the same number in both`);
  }
  let sum = 0;
  for (let index = 0; index < one.length; index += 1) sum += one[index] * other[index];
  return sum;
}

/**
 * @param {Vector} first
 * @param {Vector} second
 * @returns {number} the cosine of their angle; 0 where one has no length
 */
export function cos_sim(first, second) {
  const lengths = Math.sqrt(dot(first, first) * dot(second, second));
  return lengths === 0 ? 0 : dot(first, second) / lengths;
}

/**
 * @param {Vector} scores
 * @param {number} [k] how many; 5 by default
 * @returns {{ index: number, score: number }[]} the largest, best first; equal ones in their order
 */
export function topK(scores, k = 5) {
  if (!Number.isInteger(k) || k < 1) throw new EngineError("option", `k is ${k}: expected a whole number, 1 or more`);
  return Array.from(valuesOf(scores), (score, index) => ({ index, score }))
    .sort((one, other) => other.score - one.score)
    .slice(0, k);
}

/** @param {Vector} vector @returns {ArrayLike<number>} */
function valuesOf(vector) {
  return "data" in vector ? vector.data : vector;
}
