// @ts-check
/** The engine's worker in one HTML file: the first message brings the files, all others are the engine's. */
import { answerFetches } from "./held-files.js";

const begin = (/** @type {MessageEvent} */ { data }) => {
  answerFetches(data.files);
  import("../../pkg/engine/worker/worker.js"); // it is in this script: it listens before the next message is delivered
};
addEventListener("message", begin, { once: true });
