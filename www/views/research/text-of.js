// @ts-check
/** The first line of a Git LFS pointer, which takes the place of a large file until `git lfs pull` fetches it. */
const POINTER = "version https://git-lfs.github.com/spec/";

/**
 * Refuses a Git LFS pointer. @param {Uint8Array} beginning of a file @param {string} name
 * @throws {Error} that says what to do
 */
export function refusePointer(beginning, name) {
  const text = new TextDecoder("latin1").decode(beginning.subarray(0, POINTER.length));
  if (text !== POINTER) return;
  throw new Error(`${name} is a Git LFS pointer, not the file itself: run “git lfs pull” in the repository it was cloned from.`);
}

/**
 * The text of a table or a list of names. What is not UTF-8 is refused: to guess would change labels.
 * @param {File} file @returns {Promise<string>}
 */
export async function textOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  refusePointer(bytes, file.name);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${file.name} is not UTF-8: save it as UTF-8.`);
  }
}
