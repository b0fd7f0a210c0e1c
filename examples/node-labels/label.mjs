/**
 * Labels the pictures of a folder: a line of CSV for each, with its best label and the score.
 * usage: npm start -- FOLDER "a cat, a dog, …"
 */
import { readdir } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "clip-wasm/node";

const [folder = ".", labels = "animal, food, plant, vehicle, building, landscape"] = process.argv.slice(2);
const classify = await pipeline("zero-shot-image-classification");
const quoted = (text) => `"${`${text}`.replaceAll('"', '""')}"`;

console.log("file,label,score");
for (const name of await readdir(folder)) {
  if (!/\.(jpe?g|png|webp|gif|bmp)$/i.test(name)) continue;
  try {
    const [{ label, score }] = await classify(path.join(folder, name), labels);
    console.log([quoted(name), quoted(label), score].join(","));
  } catch ({ message }) {
    console.error(`${name}: ${message}`); // one picture that cannot be read is no reason to stop
  }
}
await classify.dispose();
