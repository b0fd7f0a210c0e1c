// @ts-check
/**
 * Every way files come in from outside: dropped anywhere on the page, or pasted anywhere.
 *
 * @typedef {object} Intake
 * @property {(files: File[]) => void} files what was dropped or pasted, pictures and others
 * @property {(hovering: boolean) => void} hovering while files hang over the page
 * @property {(message: string) => void} refused a sentence: something came that holds no file
 */

const NO_FILE =
  "That was an address or a text, not a picture. Save the picture to this device, then drop the file or paste the picture itself.";

/**
 * Listens on the whole document until `signal` aborts.
 *
 * @param {Intake} intake
 * @param {AbortSignal} signal
 */
export function listenForFiles(intake, signal) {
  const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ handler) =>
    document.addEventListener(type, handler, { signal });

  on("dragover", (/** @type {DragEvent} */ event) => {
    if (!carriesSomething(event)) return;
    event.preventDefault();
    intake.hovering(true);
  });
  on("dragleave", (/** @type {DragEvent} */ event) => {
    if (event.relatedTarget === null) intake.hovering(false);
  });
  on("drop", (/** @type {DragEvent} */ event) => {
    intake.hovering(false);
    if (!carriesSomething(event)) return;
    event.preventDefault();
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length > 0) intake.files(files);
    else intake.refused(NO_FILE);
  });
  on("paste", (/** @type {ClipboardEvent} */ event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      intake.files(files);
    } else if (!isTextField(event.target)) intake.refused(NO_FILE);
  });
}

/**
 * Whether a drag may hold a picture; text dragged within a field is the field's own affair.
 *
 * @param {DragEvent} event
 */
function carriesSomething(event) {
  const types = event.dataTransfer?.types ?? [];
  return types.includes("Files") || (types.includes("text/uri-list") && !isTextField(event.target));
}

/** @param {EventTarget | null} target */
function isTextField(target) {
  return target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement;
}
