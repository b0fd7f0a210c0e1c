// @ts-check
/**
 * To be run in the page: presses Stop as soon as some pictures of a data set are done, which a quick machine leaves no time
 * to ask for from outside.
 * @returns {Promise<number>} the milliseconds until it had stopped
 */
export function stopAtFirstPictures() {
  return new Promise((resolve) => {
    let asked = 0;
    const observer = new MutationObserver(() => {
      const run = document.querySelector("dataset-view .run");
      const words = run?.textContent ?? "";
      if (!asked && /^[1-9]\d* of 276,/.test(words)) {
        asked = performance.now();
        run?.querySelector("button")?.click();
      } else if (asked && words.includes("Stopped. Progress is saved.")) {
        observer.disconnect();
        resolve(performance.now() - asked);
      }
    });
    observer.observe(document.body, { childList: true, characterData: true, subtree: true });
  });
}
