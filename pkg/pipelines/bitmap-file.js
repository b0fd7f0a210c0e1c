// @ts-check
/** Pixels as a BMP file, which the engine decodes: for runtimes that have no `ImageData`. */

/** Of the file's header and the one of its picture. */
const HEADER = 54;

/**
 * @param {number} width
 * @param {number} height
 * @param {(pixel: number, channel: number) => number} value of red, green and blue
 * @returns {Blob} with 24 bits for each pixel
 */
export function bitmapFile(width, height, value) {
  const stride = Math.ceil((width * 3) / 4) * 4;
  const file = new DataView(new ArrayBuffer(HEADER + stride * height));
  file.setUint16(0, 0x424d); // "BM"
  file.setUint32(2, file.byteLength, true);
  file.setUint32(10, HEADER, true);
  file.setUint32(14, 40, true); // the size of what follows up to the pixels
  file.setInt32(18, width, true);
  file.setInt32(22, -height, true); // the first row is the upper one
  file.setUint16(26, 1, true);
  file.setUint16(28, 24, true);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = HEADER + y * stride + x * 3;
      for (let channel = 0; channel < 3; channel += 1) file.setUint8(at + 2 - channel, value(y * width + x, channel));
    }
  }
  return new Blob([file.buffer], { type: "image/bmp" });
}
