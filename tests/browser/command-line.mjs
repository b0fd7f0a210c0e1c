// @ts-check
import { spawn } from "node:child_process";

const CLI = "target/release/clip-wasm";

/**
 * What the command line says as JSON. This process goes on meanwhile, because the hub may be in it.
 * @param {string[]} words
 * @param {string} [hub] in place of Hugging Face's
 * @returns {Promise<any>} nothing after a failure
 */
export async function commandLine(words, hub = "") {
  const run = spawn(CLI, ["--json", ...words], { env: { ...process.env, HF_ENDPOINT: hub }, stdio: ["ignore", "pipe", "ignore"] });
  let text = "";
  for await (const chunk of run.stdout) text += chunk;
  return text ? JSON.parse(text) : undefined;
}
