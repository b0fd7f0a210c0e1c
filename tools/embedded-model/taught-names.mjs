// @ts-check
/**
 * Writes the names that a model was taught, as the page looks labels up in them: names, parents, keywords and visitors' words of
 * every concept, and labels of scenes, in lower case, one a line, in the order of the alphabet.
 * usage: node tools/embedded-model/taught-names.mjs CONCEPTS.json PHRASES.json models/everyday-clip.names.txt
 *
 * CONCEPTS.json and PHRASES.json are what `training/prepare` packs.
 */
import { readFileSync, writeFileSync } from "node:fs";

const [concepts, phrases, out] = process.argv.slice(2);
if (!out) {
  console.error("usage: node tools/embedded-model/taught-names.mjs CONCEPTS.json PHRASES.json NAMES.txt");
  process.exit(2);
}
/** @type {{ names: string[], parents: string[], keywords: string[], words: string[] }[]} */
const all = JSON.parse(readFileSync(concepts, "utf8"));
/** @type {{ scenes: Record<string, unknown> }} */
const { scenes } = JSON.parse(readFileSync(phrases, "utf8"));
const said = all.flatMap(({ names, parents, keywords, words }) => [...names, ...parents, ...keywords, ...words]);
const names = [...new Set([...said, ...Object.keys(scenes)].map((word) => word.toLowerCase()))].sort();
writeFileSync(out, `${names.join("\n")}\n`);
console.log(`${names.length} names of ${all.length} concepts`);
