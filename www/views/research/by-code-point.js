// @ts-check
/** Compares texts as their bytes of UTF-8 do, which is the order of the command line and not that of UTF-16. @param {string} a @param {string} b */
export function byCodePoint(a, b) {
  const [left, right] = [[...a], [...b]];
  const at = left.findIndex((letter, index) => letter !== right[index]);
  if (at < 0) return left.length - right.length;
  return (left[at].codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}
