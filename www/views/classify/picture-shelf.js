// @ts-check
/** @import { Origin } from "./caveats.js" */
/** @import { Sample } from "./samples.js" */

/**
 * @typedef {object} StagePicture
 * @property {string} id
 * @property {string} title
 * @property {string} alt
 * @property {string} src what an `img` can show
 * @property {Sample} [sample] where it is one
 * @property {File} [file] where it is the visitor's
 * @property {Origin} origin
 * @property {number} [added] which one it is of all that the visitor has added, from 1
 * @property {string} [verdict] what the model makes of it, for the filmstrip
 * @property {boolean} [failed] whether it could not be read
 * @property {(signal: AbortSignal) => Blob | Promise<Blob>} read
 */

/** Pictures of the visitor's beyond this many push out the oldest, so that a long session does not fill the memory. */
export const MOST_OWN = 60;

/** The pictures at hand: the samples, and the visitor's own, newest first. */
export class PictureShelf {
  /** @type {StagePicture[]} */
  samples = [];
  /** @type {StagePicture[]} */
  own = [];
  /** How many pictures the visitor has added. */
  added = 0;

  /** @param {Sample[]} samples */
  setSamples(samples) {
    this.samples = samples.map((sample) => ({
      id: `sample:${sample.file}`,
      title: sample.alt,
      alt: sample.alt,
      src: sample.src,
      origin: "sample",
      sample,
      read: sampleReader(sample),
    }));
  }

  /**
   * Puts files in front of the visitor's pictures and returns them.
   *
   * @param {File[]} files
   * @param {Origin} origin
   */
  add(files, origin) {
    const added = files.slice(0, MOST_OWN).map((file) => ({
      id: `own:${++this.added}`,
      added: this.added,
      title: file.name,
      alt: `Your picture ${file.name}`,
      src: URL.createObjectURL(file),
      file,
      origin,
      read: () => file,
    }));
    this.own.unshift(...added);
    for (const old of this.own.splice(MOST_OWN)) URL.revokeObjectURL(old.src);
    return added;
  }

  /** Forgets the visitor's pictures. */
  forgetOwn() {
    for (const { src } of this.own.splice(0)) URL.revokeObjectURL(src);
  }

  /** @param {string | undefined} id */
  find(id) {
    return [...this.own, ...this.samples].find((picture) => picture.id === id);
  }

  /** @param {string | null} file */
  findSample(file) {
    return this.samples.find(({ sample }) => sample?.file === file);
  }
}

/**
 * Returns a function that fetches the sample once and keeps it.
 *
 * @param {Sample} sample
 * @returns {StagePicture["read"]}
 */
function sampleReader({ src, file }) {
  /** @type {Blob | undefined} */
  let kept;
  return async (signal) => {
    if (kept) return kept;
    const response = await fetch(src, { signal });
    if (!response.ok) throw new Error(`The sample ${file} is missing: the host answered ${response.status}.`);
    kept = await response.blob();
    return kept;
  };
}
