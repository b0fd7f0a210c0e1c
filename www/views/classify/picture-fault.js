// @ts-check
/** @import { Fault } from "../../components/error-note/error-note.js" */
import { sentence } from "../../state/sentence.js";

const NO_PICTURE =
  "This file is no picture that can be read here. JPEG, PNG, WebP, GIF and BMP always can; save it as one of them, then open that.";

/**
 * Words a failure to get or to read a picture; what only helps who looks for the cause is folded away.
 *
 * @param {unknown} error
 * @returns {Fault}
 */
export function pictureFault(error) {
  const code = error instanceof Error && "code" in error ? error.code : "";
  return code === "image-format" ? { message: NO_PICTURE, details: sentence(error) } : { message: sentence(error) };
}
