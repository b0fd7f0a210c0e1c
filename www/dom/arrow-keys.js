// @ts-check
/** Arrow keys, Home and End among buttons that are one stop of the Tab key, as in the ARIA Authoring Practices. */

/**
 * Returns the button that a key leads to from `event.target`, and keeps the browser from scrolling; `undefined` where it leads nowhere.
 * Left and right follow the direction of the text. Tabs go on at the other end, and leave up and down to the page. With Alt, Ctrl or Cmd,
 * all keys are the browser's.
 *
 * @param {KeyboardEvent} event
 * @param {HTMLButtonElement[]} buttons
 * @param {boolean} [areTabs]
 */
export function buttonFor(event, buttons, areTabs = false) {
  const at = buttons.findIndex((button) => button === event.target);
  if (at < 0 || event.altKey || event.ctrlKey || event.metaKey) return undefined;
  const forward = getComputedStyle(buttons[at]).direction === "rtl" ? -1 : 1;
  const { length } = buttons;
  const places = { ArrowRight: at + forward, ArrowLeft: at - forward, Home: 0, End: length - 1 };
  const place = Reflect.get(areTabs ? places : { ...places, ArrowDown: at + 1, ArrowUp: at - 1 }, event.key);
  const next = buttons[areTabs ? (place + length) % length : place];
  if (next) event.preventDefault();
  return next;
}
