// @ts-check
/** Converts values between research requests and the WebAssembly modules: stepwise measurements, pixels, pairs. */
/** @import { Job } from "../protocol/types.js" */

/** How long a slice of a measurement may take, in milliseconds: a cancel is heard between two. */
const SLICE = 60;

/**
 * Takes a measurement to its end, in slices. @param {import("../protocol/types.js").WasmMeasurement} measurement @param {Job} job
 */
export async function finished(measurement, job) {
  try {
    let steps = 1;
    for (;;) {
      const [done, total] = measurement.progress();
      job.progress({ done, total });
      if (done === total) return measurement.finish();
      await job.breathe();
      const begun = performance.now();
      measurement.step(steps);
      steps = performance.now() - begun < SLICE / 2 ? steps * 2 : Math.max(1, steps >> 1);
    }
  } catch (error) {
    if (job.signal.aborted) measurement.free();
    throw error;
  }
}

/** @param {Uint8Array} rgb of a square @param {number} side */
export function pixels(rgb, side) {
  const picture = new ImageData(side, side);
  for (let pixel = 0; pixel < side * side; pixel += 1) {
    picture.data.set(rgb.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    picture.data[pixel * 4 + 3] = 255;
  }
  return picture;
}

/** @param {string[]} cells */
export function pairs(cells) {
  return Array.from({ length: cells.length / 2 }, (_, index) => [cells[2 * index], cells[2 * index + 1]]);
}
