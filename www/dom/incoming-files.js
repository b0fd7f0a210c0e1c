// @ts-check
/**
 * Every way files come in from outside: dropped anywhere on the page, or pasted anywhere.
 *
 * @typedef {{ path: string, file: File }} IncomingFile `path` begins with the name of what was dropped
 *
 * @typedef {object} FileListener
 * @property {(files: IncomingFile[], how: "drop" | "paste") => void} files what came, pictures and others
 * @property {(hovering: boolean) => void} hovering while files hang over the page
 * @property {(address: string) => void} address of something elsewhere
 * @property {(message: string) => void} refused a sentence: something came that is neither
 */
import { droppedFiles } from "./dropped-files.js";

const NO_PICTURE = "That was text, not a picture. Paste the picture itself, or its address.";
/** A drag that goes on says so some three times a second; one that is called off says nothing at all in some browsers. */
const STILL_DRAGGING_MS = 1000;
const UNREADABLE = "The dropped item cannot be read. Use the Open button instead.";

/**
 * Listens on the whole document until `signal` aborts.
 *
 * @param {FileListener} intake
 * @param {AbortSignal} [signal]
 */
export function listenForFiles(intake, signal) {
  const on = (/** @type {string} */ type, /** @type {(event: any) => void} */ handler) =>
    document.addEventListener(type, handler, { signal });

  let watching = 0;
  const gone = () => {
    clearTimeout(watching);
    intake.hovering(false);
  };
  on("dragover", (/** @type {DragEvent} */ event) => {
    if (!carriesSomething(event)) return;
    event.preventDefault();
    clearTimeout(watching);
    watching = setTimeout(gone, STILL_DRAGGING_MS);
    intake.hovering(true);
  });
  on("dragleave", (/** @type {DragEvent} */ event) => {
    if (event.relatedTarget === null) gone();
  });
  on("drop", async (/** @type {DragEvent} */ event) => {
    gone();
    const { dataTransfer } = event;
    if (!dataTransfer || !carriesSomething(event)) return;
    event.preventDefault();
    const text = dataTransfer.getData("text/uri-list"); // gone once this handler waits
    const files = await droppedFiles(dataTransfer).catch(() => null);
    if (files === null) intake.refused(UNREADABLE);
    else if (files.length > 0) intake.files(files, "drop");
    else takeText(text, intake);
  });
  on("paste", (/** @type {ClipboardEvent} */ event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (isTextField(event.target) && text !== "") return; // a table's cells come as a picture too
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length > 0) {
      event.preventDefault();
      intake.files(files.map((file) => ({ path: file.name, file })), "paste");
    } else if (!isTextField(event.target)) takeText(text, intake);
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
 * @param {FileListener} intake
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
  return target instanceof HTMLTextAreaElement || (target instanceof HTMLInputElement && !/^(checkbox|radio|range|file|button)$/.test(target.type));
}
