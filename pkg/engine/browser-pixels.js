// @ts-check
/**
 * Decodes what the engine has no decoder for (AVIF, HEIC where the browser has one) and reads back bitmaps.
 * Transparent pixels may lose colour on the way, because a canvas premultiplies.
 * @param {Blob | ImageBitmap} image
 * @returns {Promise<ImageData>} [height, width, 4], orientation applied, colours as stored
 */
export async function browserPixels(image) {
  const bitmap =
    image instanceof Blob
      ? await createImageBitmap(image, {
          imageOrientation: "from-image",
          colorSpaceConversion: "none",
          premultiplyAlpha: "none",
        })
      : image;
  try {
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
    if (!context) throw new DOMException("no canvas for reading the picture's pixels", "NotSupportedError");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
  } finally {
    bitmap.close();
  }
}
