// @ts-check
/** The controls that several layouts are made of. */
import { element } from "./element.js";
import { icon } from "./icon.js";

/** @import { IconName } from "./icon.js" */

/**
 * A button with words, and an icon before them where one is named.
 *
 * @param {string} title
 * @param {IconName | null} [name]
 */
export function button(title, name = null) {
  return element("button", { type: "button", class: "button" }, name && icon(name), title);
}

/**
 * A labelled field.
 *
 * @param {string} title
 * @param {HTMLElement} input with an id
 */
export function field(title, input) {
  return element("div", { class: "field" }, element("label", { for: input.id }, title), input);
}

/** Buttons in a row. @param {...HTMLElement} controls */
export function actions(...controls) {
  return element("div", { class: "actions" }, ...controls);
}
