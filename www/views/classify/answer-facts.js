// @ts-check
/** @import { Answer } from "./picture-question.js" */
import { flavourText } from "../flavour-text.js";
import { numberText } from "../../state/number-text.js";

/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").ModelInfo} ModelInfo */

/**
 * How long an answer took and what computed it, shown below the scores.
 *
 * @param {Answer} answer
 * @param {ModelInfo} info
 * @returns {[string, string][]}
 */
export function answerFacts({ picture, result }, info) {
  const { decode, preprocess, encode } = picture.timings;
  const text =
    result.encoded > 0 ? `${numberText.duration(result.timings.text)} for ${result.encoded} new` : "cached";
  return [
    ["Image", numberText.duration(decode + preprocess + encode)],
    ["Labels", text],
    ["Engine", flavourText(info.flavour, info.threads)],
    ["Weights", info.dtype],
  ];
}
