// @ts-check
/** The built-in models by their records' ids, with what the page says about each. */

/** The one that the page begins with, unless demo.json names another. */
export const EMBEDDED = "everyday-clip";

/** @type {Record<string, { knows: string, limit: string }>} */
export const SHIPPED = {
  [EMBEDDED]: {
    knows: "knows everyday things",
    limit: "It sees 192 × 192 pixels and knows a list of names: it usually gets small objects wrong, and things not on the list. It often miscounts.",
  },
  "emoji-clip": {
    knows: "knows drawings and emoji",
    limit: "This model has seen only drawings and emoji. Its scores for photographs mean little.",
  },
};
