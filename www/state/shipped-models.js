// @ts-check
/** The models that come with the page, by their records' ids: what is said of each where its name stands. */

/** The one that the page begins with, unless demo.json names another. */
export const EMBEDDED = "everyday-clip";

/** @type {Record<string, { knows: string, limit: string }>} */
export const SHIPPED = {
  [EMBEDDED]: {
    knows: "knows everyday things",
    limit: "It sees 64 × 64 pixels, and was taught photographs of one thing in the middle: small things and busy scenes it mostly gets wrong.",
  },
  "emoji-clip": {
    knows: "knows drawings and emoji",
    limit: "This model has seen only drawings and emoji. What it says about photographs means little.",
  },
};
