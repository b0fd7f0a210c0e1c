// @ts-check
/** @import { Link } from "./settings-store.js" */

/**
 * Says what a link leaves out; empty where it holds everything.
 *
 * @param {Link["without"]} without
 */
export function linkWords(without) {
  if (without.length === 0) return "";
  return `The link leaves out your ${without.join(" and ")}, which are too long for a link. The Share tab can put them into a single file or a folder.`;
}
