// @ts-check
/**
 * Writes the names that a model was taught, as the page looks labels up in them: names, parents, keywords and visitors' words of
 * every concept, and labels of scenes, in lower case, one a line, in the order of the alphabet. After a blank line come those that
 * the model knows only from drawings.
 * usage: node tools/embedded-model/taught-names.mjs CONCEPTS.json PHRASES.json models/everyday-clip.names.txt
 *
 * CONCEPTS.json and PHRASES.json are what `training/prepare` packs.
 *
 * The names, parents and visitors' words of a concept with photographs are known from photographs, and so are scenes. ImageNet's
 * classes count as concepts with photographs. A keyword often goes with a thing instead of naming it ("bamboo" with a panda), so
 * it counts only if it is a part of one of these, or the other way round ("copter", "bullet train").
 */
import { readFileSync, writeFileSync } from "node:fs";

const [concepts, phrases, out] = process.argv.slice(2);
if (!out) {
  console.error("usage: node tools/embedded-model/taught-names.mjs CONCEPTS.json PHRASES.json NAMES.txt");
  process.exit(2);
}
/** @type {{ names: string[], parents: string[], keywords: string[], words: string[], photo: boolean }[]} */
const all = JSON.parse(readFileSync(concepts, "utf8"));
/** @type {{ classes: number[], scenes: Record<string, unknown> }} */
const { classes, scenes } = JSON.parse(readFileSync(phrases, "utf8"));
const photographed = new Set(classes);
all.forEach(({ photo }, at) => photo && photographed.add(at));

/** Without what may or may not part a word from the next. @param {string} word */
const joined = (word) => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
const lower = (/** @type {string[]} */ words) => [...new Set(words.map((word) => word.toLowerCase()))].sort();

const names = lower([...all.flatMap(({ names, parents, keywords, words }) => [...names, ...parents, ...keywords, ...words]), ...Object.keys(scenes)]);
const seen = [...photographed].flatMap((at) => {
  const { names, parents, words, keywords } = all[at];
  const own = [...names, ...parents, ...words];
  const parts = own.map(joined);
  return [...own, ...keywords.filter((word) => parts.some((part) => part.includes(joined(word)) || joined(word).includes(part)))];
});
const known = new Set(lower([...seen, ...Object.keys(scenes)]));
const drawn = names.filter((name) => !known.has(name));
writeFileSync(out, `${names.filter((name) => known.has(name)).join("\n")}\n\n${drawn.join("\n")}\n`);
console.log(`${names.length} names of ${all.length} concepts, ${drawn.length} of them known only from drawings`);
