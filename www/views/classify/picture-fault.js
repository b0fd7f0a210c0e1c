// @ts-check
/** @import { Fault } from "../../components/error-note/error-note.js" */
import { codeOf } from "../../../pkg/engine/protocol/code-of.js";
import { sentence } from "../../state/sentence.js";

/** Messages by the engine's error codes. @type {Map<unknown, string>} */
const WORDS = new Map([
  ["image-decode", "This file cannot be read: it is damaged, or not an image. Save the picture as JPEG or PNG, then open that file."],
  ["image-format", "This image format is not supported. Save the picture as JPEG, PNG or WebP, then open that file."],
]);

/** How other kinds of files begin, in the engine's words, and what they are. */
const OTHERS = [
  ["25, 50, 44, 46", "a PDF document"],
  ["50, 4b, 03, 04", "a ZIP archive or an office document"],
];

/**
 * Words a failure to get or to read a picture; what only helps who looks for the cause is folded away.
 *
 * @param {unknown} error
 * @returns {Fault}
 */
export function pictureFault(error) {
  const details = sentence(error);
  const other = OTHERS.find(([bytes]) => details.includes(`[${bytes}`));
  const message = other ? `This file is ${other[1]}, not a picture.` : WORDS.get(codeOf(error));
  return message ? { message, details } : { message: details };
}
