// @ts-check
/** The bytes of the measured pictures, and their hashes. */

/** @typedef {{ name: string, label: string | null, image: Blob }} Unread */
/** @typedef {{ name: string, label: string | null, bytes: Uint8Array, sha256: string } | { name: string, reason: string }} Read */
/** @typedef {(bytes: Uint8Array) => string | Promise<string>} Hash */

/**
 * Reads pictures, and takes the hash of each.
 *
 * @param {Unread[]} pictures
 * @param {Hash} hash
 * @returns {Promise<Read[]>} in their order; what cannot be read has a reason
 */
export async function readPictures(pictures, hash) {
  const read = (await readTogether(pictures)) ?? (await Promise.all(pictures.map(readOne)));
  return Promise.all(read.map(async (one) => ("bytes" in one ? { ...one, sha256: await hash(one.bytes) } : one)));
}

/**
 * Reads files as one, which costs a browser less than each by itself: seven in a hundred of a small picture's time.
 *
 * @param {Unread[]} pictures
 * @returns {Promise<(Unread & { bytes: Uint8Array })[] | undefined>} nothing where one cannot be read
 */
async function readTogether(pictures) {
  const all = await new Blob(pictures.map(({ image }) => image)).arrayBuffer().catch(() => undefined);
  const size = pictures.reduce((sum, { image }) => sum + image.size, 0);
  if (all?.byteLength !== size) return undefined;
  let end = 0;
  return pictures.map((picture) => {
    const bytes = new Uint8Array(all, end, picture.image.size);
    end += picture.image.size;
    return { ...picture, bytes };
  });
}

/** @param {Unread} picture */
async function readOne(picture) {
  try {
    return { ...picture, bytes: new Uint8Array(await picture.image.arrayBuffer()) };
  } catch (error) {
    return { name: picture.name, reason: `the file cannot be read: ${/** @type {Error} */ (error).message}` };
  }
}
