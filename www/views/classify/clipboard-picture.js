// @ts-check

/**
 * Returns the picture on the clipboard, for the Paste button; keys go through the `paste` event instead.
 *
 * @returns {Promise<File>}
 * @throws an error whose message is a sentence
 */
export async function clipboardPicture() {
  const items = await navigator.clipboard.read().catch(() => {
    throw new Error("This browser does not let the button read the clipboard. Press Ctrl+V or ⌘V instead.");
  });
  for (const item of items) {
    const type = item.types.find((candidate) => candidate.startsWith("image/"));
    if (type) return new File([await item.getType(type)], "Pasted picture", { type });
  }
  throw new Error("There is no picture on the clipboard. Copy one first, then paste.");
}
