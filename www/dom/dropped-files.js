// @ts-check
/**
 * What was dropped, folders opened.
 *
 * @param {DataTransfer} transfer
 * @returns {Promise<{ path: string, file: File }[]>} paths begin with the name of what was dropped
 */
export async function droppedFiles(transfer) {
  const files = [...transfer.files].map((file) => ({ path: file.name, file })); // gone once this function waits
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry?.() ?? []);
  if (!entries.some(({ isDirectory }) => isDirectory)) return files;
  return (await Promise.all(entries.map(filesOf))).flat();
}

/**
 * @param {FileSystemEntry} entry
 * @returns {Promise<{ path: string, file: File }[]>}
 */
async function filesOf(entry) {
  if (entry.isFile) {
    const open = /** @type {FileSystemFileEntry} */ (entry);
    const file = await new Promise((/** @type {FileCallback} */ resolve, reject) => open.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const found = [];
  for (;;) {
    /** @type {FileSystemEntry[]} */
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return found;
    found.push(...(await Promise.all(some.map(filesOf))).flat());
  }
}
