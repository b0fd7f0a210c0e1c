// @ts-check
/**
 * Fills `pkg/models`: the records of the known models as a module that bundlers can follow, and the model files that lie
 * beside them.
 * usage: node tools/package-models.mjs
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";

const [from, to] = ["models", "pkg/models"];
/** @param {string} name */
const read = (name) => JSON.parse(readFileSync(`${from}/${name}.json`, "utf8"));

/** The first of the list is the model that the package begins with: those that have a file beside their record as well are the page's. */
const [embedded, ...others] = /** @type {string[]} */ (read("index"));
const ids = [embedded, ...others.filter((id) => read(id).source?.repo && !read(id).file)];
const records = Object.fromEntries(ids.map((id) => [id, read(id)]));
const files = Object.fromEntries(ids.map((id) => [id, records[id].file ?? `${id}.gguf`]).filter(([, file]) => existsSync(`${from}/${file}`)));

rmSync(to, { recursive: true, force: true });
mkdirSync(to, { recursive: true });
for (const file of Object.values(files)) copyFileSync(`${from}/${file}`, `${to}/${file}`);
const addresses = Object.entries(files).map(([id, file]) => `  ${JSON.stringify(id)}: new URL(${JSON.stringify(`./${file}`)}, import.meta.url).href,\n`);
writeFileSync(
  `${to}/index.js`,
  `// Written by tools/package-models.mjs from the records in models/.

/** Where the model files are that come with the package, by the ids of their records. */
export const files = {
${addresses.join("")}};

/** What is known of each model, by its id; the first is the one that the package begins with. */
export const records = ${JSON.stringify(records, null, 2)};
`,
);
writeFileSync(
  `${to}/index.d.ts`,
  `import type { ModelRecord } from "../engine/protocol/types.js";
export declare const files: Record<string, string>;
export declare const records: Record<string, ModelRecord>;
`,
);
console.log(`pkg/models: ${ids.length} records, and the file of ${Object.keys(files).join(", ")}`);
