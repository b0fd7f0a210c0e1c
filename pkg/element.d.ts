import type { Image, Score } from "./index.js";

/** Classifies a picture and shows the scores. Its attributes are `src`, `labels`, `template`, `model`, `dtype`, `preprocessor`, `mode` and `alt`. */
export class ClipClassify extends HTMLElement {
  /** An image to classify instead of `src`. */
  image: Image | undefined;
  get labels(): string[];
  set labels(labels: string[] | string);
  /** The most recent scores, best first. */
  readonly scores: readonly Score[];
}

declare global {
  interface HTMLElementTagNameMap {
    "clip-classify": ClipClassify;
  }
}
