// @ts-check
/** @import { Question } from "./picture-question.js" */
/** @import { EngineClient } from "../../engine/client.js" */

/** @typedef {import("../../engine/types.d.ts").Picture} Picture */

/**
 * Occlusion maps (Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", 2014, section 4.2): a patch of the
 * picture's mean colour is moved over it, and where the label's cosine drops, the answer rests on what is under the patch.
 */
export const occlusion = Object.freeze({
  /** Places of the patch along a side. */
  GRID: 8,

  /**
   * Encodes the square that the model sees, whole and with each of `GRID` × `GRID` patches covered.
   *
   * @param {EngineClient} engine
   * @param {HTMLImageElement} image that has loaded
   * @param {number} side pixels of the square that is encoded
   * @param {{ signal: AbortSignal, onProgress: (done: number, total: number) => void }} options
   * @returns {Promise<Picture[]>} the whole one first, then row by row
   */
  async encode(engine, image, side, { signal, onProgress }) {
    const square = middleSquare(image, side);
    const colour = meanColour(square);
    const total = occlusion.GRID ** 2 + 1;
    const pictures = [await engine.embedImage(square.getImageData(0, 0, side, side), { signal })];
    const whole = await createImageBitmap(square.canvas);
    for (let place = 0; place < total - 1; place++) {
      onProgress(pictures.length, total);
      square.drawImage(whole, 0, 0);
      cover(square, colour, place);
      pictures.push(await engine.embedImage(square.getImageData(0, 0, side, side), { signal }));
    }
    return pictures;
  },

  /**
   * How far each label's cosine drops under each patch.
   *
   * @param {EngineClient} engine
   * @param {Picture[]} pictures of `encode`
   * @param {Question} question
   * @param {AbortSignal} signal
   * @returns {Promise<Map<string, Float32Array>>} [GRID * GRID] for each label; negative where covering helps it
   */
  async drops(engine, pictures, question, signal) {
    /** @type {Map<string, number>} */
    const whole = new Map();
    /** @type {Map<string, Float32Array>} */
    const drops = new Map(question.labels.map((label) => [label, new Float32Array(occlusion.GRID ** 2)]));
    for (const [index, picture] of pictures.entries()) {
      const { scores } = await engine.classify(picture, { ...question, signal });
      for (const { label, cosine } of scores) {
        if (index === 0) whole.set(label, cosine);
        else drops.get(label)?.fill((whole.get(label) ?? 0) - cosine, index - 1, index);
      }
    }
    return drops;
  },
});

/** The patch's side, in cells of the grid: patches overlap, so that no edge of the grid hides a thing. */
const PATCH_CELLS = 2;

/**
 * @param {HTMLImageElement} image
 * @param {number} side
 */
function middleSquare(image, side) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("This browser gives no canvas to cover the picture on.");
  const { naturalWidth: width, naturalHeight: height } = image;
  const shorter = Math.min(width, height);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, side, side);
  context.imageSmoothingQuality = "high";
  context.drawImage(image, (width - shorter) / 2, (height - shorter) / 2, shorter, shorter, 0, 0, side, side);
  return context;
}

/** @param {CanvasRenderingContext2D} square */
function meanColour(square) {
  const { data } = square.getImageData(0, 0, square.canvas.width, square.canvas.height);
  const sum = [0, 0, 0];
  for (let at = 0; at < data.length; at += 4) for (const channel of [0, 1, 2]) sum[channel] += data[at + channel];
  return `rgb(${sum.map((value) => Math.round((4 * value) / data.length)).join(" ")})`;
}

/**
 * @param {CanvasRenderingContext2D} square
 * @param {string} colour
 * @param {number} place
 */
function cover(square, colour, place) {
  const cell = square.canvas.width / occlusion.GRID;
  const [row, column] = [Math.floor(place / occlusion.GRID), place % occlusion.GRID];
  const overhang = ((PATCH_CELLS - 1) / 2) * cell;
  square.fillStyle = colour;
  square.fillRect(column * cell - overhang, row * cell - overhang, PATCH_CELLS * cell, PATCH_CELLS * cell);
}
