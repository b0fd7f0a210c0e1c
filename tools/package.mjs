// @ts-check
/**
 * Packs the npm package: its folder with the declarations of its JavaScript beside each file, in `target/package/clip-wasm`, and
 * the tarball of that.
 * usage: node tools/package.mjs
 */
import { execFileSync } from "node:child_process";
import { cpSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

const FOLDER = "target/package";
const STAGE = `${FOLDER}/clip-wasm`;
/** What the registry and its users are to be spared, in bytes of the tarball. */
const MOST = 13e6;

rmSync(STAGE, { recursive: true, force: true });
cpSync("pkg", STAGE, { recursive: true, filter: (file) => !/\.wasm\.d\.ts$|tensor-rows\.d\.ts$/.test(file) });
const compiler = ["tsc", "--project", "tools/package/tsconfig.json", "--outDir", path.resolve(STAGE)];
execFileSync("npx", compiler, { stdio: "inherit" });
const [{ filename, size, unpackedSize, files }] = JSON.parse(
  execFileSync("npm", ["pack", "--json", "--pack-destination", path.resolve(FOLDER)], { cwd: STAGE, encoding: "utf8" }),
);
renameSync(`${FOLDER}/${filename}`, `${FOLDER}/clip-wasm.tgz`);
console.log(`${FOLDER}/clip-wasm.tgz: ${size} bytes, ${unpackedSize} unpacked, ${files.length} files`);
if (size > MOST) throw new Error(`the package has ${size} bytes: at most ${MOST}`);
