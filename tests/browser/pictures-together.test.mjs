// @ts-check
/** Pictures that are given together go through the engine together, whatever they are: files, pixels, or both. Needs no browser. */
import assert from "node:assert/strict";
import { test } from "node:test";

/** What a browser has, as far as it is needed here. */
class ImageData {
  /** @param {number} width @param {number} height @param {number} value */
  constructor(width, height, value) {
    this.width = width;
    this.height = height;
    this.data = new Uint8ClampedArray(width * height * 4).fill(value);
  }
}
Object.assign(globalThis, { ImageData });
const { embedImages } = await import("../../pkg/engine/picture/embed-images.js");

const JOB = /** @type {any} */ ({ progress: () => {}, breathe: async () => {} });

/** An engine whose embeddings are a picture's first byte; 99 cannot be embedded. */
function engine() {
  /** @type {string[]} */
  const calls = [];
  const one = (/** @type {number} */ value) => {
    if (value === 99) throw Object.assign(new Error("damaged"), { code: "image-decode" });
    return { embedding: Float32Array.of(value, -value), width: 1, height: 1, free: () => {} };
  };
  const several = (/** @type {string} */ name, /** @type {Uint8Array[]} */ pictures) => {
    calls.push(`${name} ${pictures.length}`);
    const good = pictures.filter(([value]) => value !== 99);
    const failures = pictures.flatMap(([value], place) => (value === 99 ? [{ place, code: "image-decode", reason: "damaged" }] : []));
    return { embeddings: Float32Array.from(good.flatMap(([value]) => [value, -value])), failures, free: () => {} };
  };
  const alone = (/** @type {Uint8Array} */ [value]) => (calls.push("alone"), one(value));
  return {
    calls,
    info: () => ({ threads: 2 }),
    pictures_together: () => 16,
    embed_image: alone,
    embed_pixels: alone,
    embed_images: (/** @type {Uint8Array[]} */ pictures) => several("files", pictures),
    embed_canvases: (/** @type {Uint8Array[]} */ pictures, /** @type {Uint32Array} */ widths, /** @type {Uint32Array} */ heights) => {
      for (const [place, { length }] of pictures.entries()) assert.equal(length, widths[place] * heights[place] * 4);
      return several("canvases", pictures);
    },
  };
}

const canvas = (/** @type {number} */ value) => new ImageData(value + 1, 2, value);
const file = (/** @type {number} */ value) => new Blob([Uint8Array.of(value)]);
const embed = (/** @type {any} */ one, /** @type {any[]} */ images) => embedImages(one, { images }, JOB);
const firsts = (/** @type {Float32Array[]} */ rows) => rows.map((row) => row[0]);

test("pixels go through the engine together", async () => {
  const one = engine();
  assert.deepEqual(firsts(await embed(one, [1, 2, 3, 4, 5, 6, 7, 8].map(canvas))), [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual(one.calls, ["canvases 2", "canvases 6"]);
});

test("files and pixels keep their order, a picture twice", async () => {
  const one = engine();
  const twice = canvas(4);
  assert.deepEqual(firsts(await embed(one, [file(1), canvas(2), file(3), twice, twice, file(6)])), [1, 2, 3, 4, 4, 6]);
  assert.ok(!one.calls.includes("alone"));
});

test("the first picture that cannot be embedded is named", async () => {
  await assert.rejects(embed(engine(), [canvas(1), file(2), canvas(99), canvas(4)]), /image 3 of 4: damaged/);
});

test("pixels of another form than a byte a channel are tried alone", async () => {
  const one = engine();
  const odd = canvas(5);
  odd.data = new Uint8ClampedArray(odd.data.length * 2).fill(5);
  assert.deepEqual(firsts(await embed(one, [canvas(1), odd])), [1, 5]);
  assert.deepEqual(one.calls, ["canvases 1", "alone"]);
});

test("large canvases go few at a time", async () => {
  const one = engine();
  const sides = [3000, 3000, 2000, 2000];
  assert.deepEqual(firsts(await embed(one, sides.map((side) => new ImageData(side, side, side / 1000)))), [3, 3, 2, 2]);
  assert.deepEqual(one.calls, ["alone", "canvases 2", "alone"]);
});

test("a bitmap that the browser cannot read is named, with the reason", async () => {
  const bitmap = { width: 2, height: 2, close: () => {} };
  await assert.rejects(embed(engine(), [canvas(1), bitmap]), (/** @type {any} */ error) => {
    assert.match(error.message, /image 2 of 2: the bitmap cannot be read/);
    return /OffscreenCanvas/.test(error.cause.cause.message);
  });
});
