// @ts-check
/**
 * Writes the names that a model was taught, as the page looks labels up in them: names, parents and keywords of every concept
 * that is in its training material, in lower case, one a line, in the order of the alphabet.
 * usage: node tools/embedded-model/taught-names.mjs CONCEPTS.json models/everyday-clip.names.txt
 *
 * CONCEPTS.json is what `training/prepare` packs beside the pictures.
 */
import { readFileSync, writeFileSync } from "node:fs";

const [concepts, out] = process.argv.slice(2);
if (!out) {
  console.error("usage: node tools/embedded-model/taught-names.mjs CONCEPTS.json NAMES.txt");
  process.exit(2);
}
/** @type {{ names: string[], parents: string[], keywords: string[], samples_only: boolean }[]} */
const all = JSON.parse(readFileSync(concepts, "utf8"));
const taught = all.filter((concept) => !concept.samples_only);
const words = taught.flatMap(({ names, parents, keywords }) => [...names, ...parents, ...keywords]).map((word) => word.toLowerCase());
const names = [...new Set(words)].sort();
writeFileSync(out, `${names.join("\n")}\n`);
console.log(`${names.length} names of ${taught.length} concepts`);
