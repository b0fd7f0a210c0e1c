// @ts-check
/**
 * Every way files come in from outside: dropped anywhere on the page, or pasted anywhere.
 *
 * @typedef {object} Intake
 * @property {(files: File[]) => void} files what was dropped or pasted, pictures and others
 * @property {(hovering: boolean) => void} hovering while files hang over the page
 * @property {(address: string) => void} address of something elsewhere
 * @property {(message: string) => void} refused a sentence: something came that is neither
 */

import { droppedFiles } from "../../dom/dropped-files.js";

const NO_PICTURE = "That was a text, not a picture. Paste the picture itself, or its address.";

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
  on("drop", async (/** @type {DragEvent} */ event) => {
    intake.hovering(false);
    const { dataTransfer } = event;
    if (!dataTransfer || !carriesSomething(event)) return;
    event.preventDefault();
    const text = dataTransfer.getData("text/uri-list"); // gone once this handler waits
    const files = (await droppedFiles(dataTransfer)).map(({ file }) => file);
    if (files.length > 0) intake.files(files);
    else takeText(text, intake);
  });
  on("paste", (/** @type {ClipboardEvent} */ event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      intake.files(files);
    } else if (!isTextField(event.target)) takeText(event.clipboardData?.getData("text/plain") ?? "", intake);
  });
}

/**
 * The files of a model among others: one GGUF, or all files where there are weights of another kind.
 *
 * @param {File[]} files
 * @returns {File[]} empty where there is no model
 */
export function modelFiles(files) {
  const gguf = files.find(({ name }) => /\.gguf$/i.test(name));
  if (gguf) return [gguf];
  return files.some(({ name }) => /\.(safetensors|bin)$/i.test(name)) ? files : [];
}

/**
 * @param {string} text
 * @param {Intake} intake
 */
function takeText(text, intake) {
  const address = text.split("\n").find((line) => /^https?:\/\/\S+$/.test(line.trim()));
  if (address) intake.address(address.trim());
  else intake.refused(NO_PICTURE);
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
