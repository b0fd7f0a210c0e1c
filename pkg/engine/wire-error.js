// @ts-check
import { codeOf } from "./code-of.js";
import { EngineError } from "./engine-error.js";

/**
 * Errors as plain data, because a structured clone keeps neither `code` nor, everywhere, `stack`.
 * @typedef {{ name: string, message: string, code?: string, stack?: string }} PackedError
 */
export const wireError = Object.freeze({
  /**
   * @param {unknown} thrown whatever was caught
   * @returns {PackedError}
   */
  pack(thrown) {
    if (!(thrown instanceof Error)) return { name: "Error", message: String(thrown), code: "internal" };
    const { name, message, stack } = thrown;
    return { name, message, code: codeOf(thrown) || undefined, stack };
  },

  /**
   * @param {PackedError} packed
   * @returns {Error} an `AbortError` stays one; others become an `EngineError` that keeps name, code and stack
   */
  unpack({ name, message, code, stack }) {
    if (name === "AbortError") return new DOMException(message, name);
    const error = new EngineError(code ?? "internal", message);
    error.name = name;
    if (stack) error.stack = stack;
    return error;
  },
});
