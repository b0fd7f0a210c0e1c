// @ts-check
/** @import { Fault } from "../../components/error-note/error-note.js" */
import { codeOf } from "../../../pkg/engine/protocol/code-of.js";
import { sentence } from "../../state/sentence.js";

/** Messages by the engine's error codes. @type {Map<unknown, string>} */
const WORDS = new Map([
  ["image-decode", "This file cannot be read: it is damaged, or not an image. Save the picture as JPEG or PNG, then open that file."],
  ["image-format", "This image format is not supported. Save the picture as JPEG, PNG or WebP, then open that file."],
]);

/**
 * Words a failure to get or to read a picture; what only helps who looks for the cause is folded away.
 *
 * @param {unknown} error
 * @returns {Fault}
 */
export function pictureFault(error) {
  const details = sentence(error);
  const message = details.startsWith("PDF ") ? "This file is a PDF document, not a picture." : WORDS.get(codeOf(error));
  return message ? { message, details } : { message: details };
}
