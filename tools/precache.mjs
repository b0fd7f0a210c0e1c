// @ts-check
/**
 * Writes `www/offline/precache.js` of a built page: the files it needs offline, and a version that changes with them.
 * usage: node tools/precache.mjs [FOLDER]
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RELAXED } from "../www/engine/capabilities.js";
import { places } from "../www/engine/places.js";

const root = process.argv[2] ?? ".";

/** Beside index.html, which is asked for as the folder itself. */
const FILES = ["demo.json"];
const FOLDERS = ["www", "models"];
/** Of the engine's a browser runs the two with the kernels it can: one without threads, one with. */
const BUILDS = Object.keys(places.builds);
const SUFFIXES = new Set([
  ".avif",
  ".css",
  ".gguf",
  ".gif",
  ".html",
  ".jpg",
  ".js",
  ".json",
  ".png",
  ".svg",
  ".wasm",
  ".webmanifest",
  ".webp",
]);
/** What the browser keeps as part of the service worker itself, and what is for whoever works on the page. */
const LEFT_OUT = new Set(["www/offline/precache.js", "www/offline/service-worker.js", "www/gallery.css", "www/gallery.html", "www/gallery.js"]);

/** @param {string} folder @returns {string[]} the files in it that belong to the page */
function filesIn(folder) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => path.posix.join(folder, name.split(path.sep).join("/")))
    .filter((file) => SUFFIXES.has(path.extname(file)) && !LEFT_OUT.has(file))
    .sort();
}

const files = FOLDERS.flatMap(filesIn).concat(FILES).sort();
const builds = Object.fromEntries(BUILDS.map((build) => [build, filesIn(`pkg/${build}`)]));
const all = [...files, ...Object.values(builds).flat()];

const hash = createHash("sha256");
for (const file of ["index.html", "service-worker.js", "www/offline/service-worker.js", ...all]) {
  hash.update(`${file}\n`).update(readFileSync(path.join(root, file)));
}
const version = hash.digest("hex").slice(0, 16);

const list = JSON.stringify({ version, files: ["./", ...files], builds, relaxedProbe: RELAXED }, null, 2);
writeFileSync(
  path.join(root, "www/offline/precache.js"),
  `// Written by tools/precache.mjs.\nself.PRECACHE = ${list};\n`,
);
console.log(`${all.length + 1} files for offline use, version ${version}`);
