// @ts-check
/** A page as the build lays it out, around a stub of each build of the engine. */
import { cpSync } from "node:fs";
import path from "node:path";

/** @param {string} folder where it is put */
export function layOut(folder) {
  for (const part of ["index.html", "demo.json", "service-worker.js", "www", "pkg/engine"])
    cpSync(part, path.join(folder, part), { recursive: true });
  cpSync("tests/browser/stub", folder, { recursive: true });
  // Each build stands alone, as real ones do: only those that the browser can run are kept.
  for (const build of ["relaxed", "simd-threads", "relaxed-threads", "research", "research-threads"])
    cpSync("tests/browser/stub/pkg/simd", path.join(folder, "pkg", build), { recursive: true });
}
