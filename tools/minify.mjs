// @ts-check
/**
 * Minifies the scripts of a built page, each by itself, and puts a source map beside each: the modules stay modules, and
 * the browser's tools show the sources as they are written. Source maps are fetched by such tools alone.
 * usage: node tools/minify.mjs FOLDER
 */
import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { transformSync } from "esbuild";

const root = process.argv[2];
if (!root) throw new Error("usage: node tools/minify.mjs FOLDER");

let before = 0;
let after = 0;
for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
  const file = path.join(root, name);
  if (!name.endsWith(".js") || name.endsWith("precache.js") || !statSync(file).isFile()) continue;
  const source = readFileSync(file, "utf8");
  const { code, map } = transformSync(source, {
    minify: true,
    legalComments: "none",
    charset: "utf8",
    target: "es2022",
    sourcemap: "external",
    sourcefile: path.basename(file),
  });
  writeFileSync(file, `${code}//# sourceMappingURL=${path.basename(file)}.map\n`);
  writeFileSync(`${file}.map`, map);
  before += Buffer.byteLength(source);
  after += Buffer.byteLength(code);
}
console.log(`scripts: ${before} bytes as written, ${after} as shipped`);
