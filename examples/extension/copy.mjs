/** Puts what the extension runs of the package into its folder: an extension may load no code from elsewhere. */
import { cpSync } from "node:fs";

const needed = ["inline.js", "pipelines", "engine", "simd", "models"];
for (const name of needed) cpSync(`node_modules/clip-wasm/${name}`, `clip-wasm/${name}`, { recursive: true });
