// @ts-check
/**
 * Browsers insert a pasted text line by line, each an element of the field's own, and take as many out again when it is
 * replaced: a thousand lines over a thousand others stop Chromium 156 for 130 ms. A long paste is put in as one piece instead.
 */

/** Lines of a paste that are left to the browser. */
const FEW_LINES = 100;

/**
 * Takes long pastes of a field over; what it held before comes back by the usual key.
 *
 * @param {HTMLTextAreaElement} field
 */
export function takeLargePastes(field) {
  /** @type {{ before: string, start: number, end: number, after: string } | null} the newest long paste */
  let taken = null;
  const tell = (/** @type {string} */ inputType) =>
    field.dispatchEvent(new InputEvent("input", { inputType, bubbles: true }));

  field.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain").replace(/\r\n?/g, "\n") ?? "";
    if (text.split("\n", FEW_LINES + 1).length <= FEW_LINES) return;
    event.preventDefault();
    const { value: before, selectionStart: start, selectionEnd: end } = field;
    field.setRangeText(text, start, end, "end");
    taken = { before, start, end, after: field.value };
    tell("insertFromPaste");
  });

  field.addEventListener("keydown", (event) => {
    const undo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
    if (!undo || !taken || field.value !== taken.after) return;
    event.preventDefault();
    field.value = taken.before;
    field.setSelectionRange(taken.start, taken.end);
    taken = null;
    tell("historyUndo");
  });
}
