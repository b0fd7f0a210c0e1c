// @ts-check
/** A failure with a sentence for people (`message`) and a stable kebab-case word for programs (`code`). */
export class EngineError extends Error {
  /**
   * @param {string} code a kebab-case word, such as "download"
   * @param {string} message what was found, what was expected, where
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, options) {
    super(message, options);
    this.name = "EngineError";
    this.code = code;
  }
}
