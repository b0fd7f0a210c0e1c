// @ts-check
/**
 * Builds DOM without markup strings, so that no file name, label or error can ever become HTML.
 *
 * @typedef {Node | string | number | null | undefined | false} Child
 */

/**
 * Returns a new element. Keys that the element has as properties are set as properties, all others as attributes; a value
 * of `false`, `null` or `undefined` leaves an attribute off. Children that are strings become text nodes.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(properties)) {
    if (key in node) Reflect.set(node, key, value);
    else if (value !== false && value !== null && value !== undefined)
      node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false)
      node.append(child instanceof Node ? child : String(child));
  }
  return node;
}
