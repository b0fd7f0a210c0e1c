// @ts-check
/** "a", "a and b", "a, b and c". @param {string[]} words */
export function listed(words) {
  const last = words[words.length - 1];
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${last}` : last;
}
