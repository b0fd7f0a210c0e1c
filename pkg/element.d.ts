import type { Image, Score } from "./index.js";

/** Classifies a picture and shows the scores. Its attributes are `src`, `labels`, `template`, `model`, `dtype`, `mode` and `alt`. */
export class ClipClassify extends HTMLElement {
  /** In place of `src`. */
  image: Image | undefined;
  get labels(): string[];
  set labels(labels: string[] | string);
  /** What was found last, best first. */
  readonly scores: readonly Score[];
}

declare global {
  interface HTMLElementTagNameMap {
    "clip-classify": ClipClassify;
  }
}
