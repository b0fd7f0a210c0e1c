// @ts-check
/**
 * The code of a failure, as an `EngineError` has one.
 * @param {unknown} thrown whatever was caught
 * @returns {string} a kebab-case word; empty where there is none
 */
export function codeOf(thrown) {
  return thrown instanceof Error && "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
}
