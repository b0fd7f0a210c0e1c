// @ts-check
/**
 * Gives the page files as if a visitor had chosen them: not every browser lets a test choose a folder.
 *
 * @typedef {object} Given
 * @property {string} path with the chosen folder as its first part, or a name alone
 * @property {string} [from] an address of the page's host, whose answer it holds
 * @property {string} [text] what it holds else
 * @property {number[]} [bytes] what it holds else
 *
 * @param {import("playwright-core").Page} page
 * @param {Given[]} files
 * @param {"Data folder" | "Data files"} [field]
 */
export async function giveFiles(page, files, field = "Data folder") {
  await page.evaluate(
    async ({ files, field }) => {
      const given = files.map(async ({ path, from, text, bytes }) => {
        const content = from ? await (await fetch(from)).blob() : bytes ? new Uint8Array(bytes) : (text ?? "");
        const file = new File([content], path.split("/").at(-1) ?? path);
        return Object.defineProperty(file, "webkitRelativePath", { value: path.includes("/") ? path : "" });
      });
      const input = /** @type {HTMLInputElement} */ (document.querySelector(`input[aria-label="${field}"]`));
      Object.defineProperty(input, "files", { value: await Promise.all(given), configurable: true });
      input.dispatchEvent(new Event("change"));
    },
    { files, field },
  );
}
