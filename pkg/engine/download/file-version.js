// @ts-check
/**
 * The version of a file as its host describes it.
 * @typedef {object} FileVersion
 * @property {string} [etag] as it was sent
 * @property {string} [modified] the `Last-Modified` date
 * @property {number} [bytes] of the whole file
 */

/** Tells the versions of a file apart by what its host says of them. */
export const fileVersion = Object.freeze({
  /**
   * @param {Response} response
   * @returns {FileVersion} without what the host does not send, or does not let another site read
   */
  of({ status, headers }) {
    const [, total] = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(headers.get("content-range") ?? "") ?? [];
    // The length of a part says nothing of the whole, and that of a compressed answer nothing of the bytes that arrive.
    const length = status === 200 && !headers.has("content-encoding") ? headers.get("content-length") : null;
    return {
      etag: headers.get("etag") ?? undefined,
      modified: headers.get("last-modified") ?? undefined,
      bytes: Number(total ?? length) || undefined,
    };
  },

  /**
   * Whether bytes of both can stand in one file.
   * @param {FileVersion} one
   * @param {FileVersion} other
   */
  surelySame(one, other) {
    if (one.bytes && other.bytes && one.bytes !== other.bytes) return false;
    if (one.etag && other.etag && plain(one.etag) !== plain(other.etag)) return false;
    if (one.etag && one.etag === other.etag && !one.etag.startsWith("W/")) return true;
    return one.modified !== undefined && one.modified === other.modified;
  },

  /**
   * Whether the file has been replaced by another. Hosts with several machines may give one file several dates: an ETag
   * that is the same counts for more.
   * @param {FileVersion} one
   * @param {FileVersion} other
   */
  surelyOther(one, other) {
    if (one.bytes && other.bytes && one.bytes !== other.bytes) return true;
    if (one.etag && other.etag) return plain(one.etag) !== plain(other.etag);
    return one.modified !== undefined && other.modified !== undefined && one.modified !== other.modified;
  },

  /**
   * @param {FileVersion} version
   * @returns {string | undefined} what `If-Range` takes; nothing where there is no strong validator
   */
  condition({ etag, modified }) {
    return etag && !etag.startsWith("W/") ? etag : modified;
  },
});

/** An ETag without the marks that hosts put on it when they compress an answer. @param {string} etag */
function plain(etag) {
  return etag.replace(/^W\//, "").replace(/[-;:](?:-)?(?:gzip|br|zstd|deflate)"$/, '"');
}
