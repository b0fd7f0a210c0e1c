// @ts-check
/** Compares texts by code point, which is the order of their UTF-8 bytes and of the command line. @param {string} a @param {string} b */
export function byCodePoint(a, b) {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (left !== right) return placed(left) - placed(right);
  }
  return a.length - b.length;
}

/** UTF-16 has the halves of letters beyond its range before the last letters within; they belong after them. @param {number} unit */
function placed(unit) {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
