// @ts-check
/**
 * Classifies sixty CC0 photographs from other sources than those that the built-in model was trained on, each with the labels that a
 * visitor might write, and writes every answer to a page.
 * usage: node tools/photographs.mjs [--model everyday-clip] [--mirrors FOLDER] [--write docs/PHOTOGRAPHS.md]
 *
 * `datasets/photographs/photographs.json` lists the public repository and commit of each photograph, its SHA-256, its licence
 * and its labels. A photograph that is not in `target/photographs` yet is downloaded from raw.githubusercontent.com, or read
 * from the git directory `FOLDER/OWNER+NAME/repo`; its hash is verified either way. With several `--model` options, the page
 * compares their accuracy and lists the answers of the first. Requires target/release/clip-wasm; CLIP_WASM names another
 * executable.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { TaughtNames } from "../www/state/taught-names.js";

const LIST = "datasets/photographs/photographs.json";
const KEPT = "target/photographs";

/**
 * @typedef {{ repository?: string, commit?: string, license: string }} Source
 * @typedef {{ source: string, path: string, sha256: string, answer: string, labels: string[] }} Photograph
 * @typedef {{ label: string, score: number }} Score
 * @typedef {{ photograph: Photograph, scores: Score[], right: boolean }} Answer the scores: best first
 * @typedef {{ right: number, all: number, interval: [number, number], errors: number, magnet: [string, number] | null }} Tally
 */

/** @returns {{ sources: Record<string, Source>, photographs: Photograph[] }} */
export function readList() {
  return JSON.parse(readFileSync(LIST, "utf8"));
}

/**
 * Counts the correct answers, and finds the most frequent wrong answer.
 *
 * @param {Answer[]} answers
 * @returns {Tally}
 */
export function tally(answers) {
  const wrong = answers.filter(({ right }) => !right);
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { scores } of wrong) counts.set(scores[0].label, (counts.get(scores[0].label) ?? 0) + 1);
  const [magnet = null] = [...counts].sort(([, one], [, other]) => other - one);
  const right = answers.length - wrong.length;
  return { right, all: answers.length, interval: wilson(right, answers.length), errors: wrong.length, magnet };
}

/**
 * Returns the 95 % Wilson interval of a proportion.
 *
 * @param {number} hits
 * @param {number} all
 * @returns {[number, number]}
 */
function wilson(hits, all) {
  const z = 1.959964;
  const share = hits / all;
  const middle = share + (z * z) / (2 * all);
  const half = z * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all));
  const whole = 1 + (z * z) / all;
  return [(middle - half) / whole, (middle + half) / whole];
}

/**
 * @param {Photograph} photograph
 * @param {Source} source
 * @param {string | undefined} mirrors
 * @returns {Promise<string>} the path of the file, whose hash was verified
 */
async function obtain({ source: key, path: name, sha256 }, { repository, commit }, mirrors) {
  const file = repository ? path.join(KEPT, `${key}-${path.basename(name).replaceAll(" ", "-")}`) : name;
  if (repository && !existsSync(file)) {
    mkdirSync(KEPT, { recursive: true });
    writeFileSync(file, await read(repository, /** @type {string} */ (commit), name, mirrors));
  }
  const found = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (found !== sha256) throw new Error(`${file} has the SHA-256 ${found}, expected ${sha256}: delete the file and run this command again.`);
  return file;
}

/**
 * @param {string} repository
 * @param {string} commit
 * @param {string} name
 * @param {string | undefined} mirrors
 */
async function read(repository, commit, name, mirrors) {
  if (mirrors) {
    const folder = path.join(mirrors, repository.replace("/", "+"), "repo");
    return execFileSync("git", ["-C", folder, "show", `${commit}:${name}`], { maxBuffer: 2 ** 26 });
  }
  const address = `https://raw.githubusercontent.com/${repository}/${commit}/${encodeURI(name)}`;
  const response = await fetch(address);
  if (!response.ok) throw new Error(`Could not download ${address}: the host responded with status ${response.status}.`);
  return Buffer.from(await response.arrayBuffer());
}

/**
 * @param {string} model
 * @param {{ photograph: Photograph, file: string }[]} asked
 * @returns {Answer[]}
 */
function ask(model, asked) {
  const program = process.env.CLIP_WASM ?? "target/release/clip-wasm";
  return asked.map(({ photograph, file }) => {
    const labels = photograph.labels.flatMap((label) => ["--label", label]);
    const [{ scores }] = JSON.parse(
      execFileSync(program, ["classify", "--json", "--model", model, ...labels, file], { encoding: "utf8" }),
    );
    return { photograph, scores, right: scores[0].label === photograph.answer };
  });
}

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;

/** @param {Tally} of */
function figures({ right, all, interval: [low, high], errors, magnet }) {
  const most = magnet ? `“${magnet[0]}”, ${magnet[1]} of ${errors}` : "–";
  return `${right} of ${all}, ${percent(right / all)} (${percent(low)} to ${percent(high)}) | ${most}`;
}

/**
 * Counts the correct answers among the photographs whose correct label is in the model's list of names, if it has one.
 *
 * @param {{ model: string, answers: Answer[] }} run
 */
function ofTaught({ model, answers }) {
  const list = `models/${model}.names.txt`;
  if (!existsSync(list)) return "";
  const names = new TaughtNames(readFileSync(list, "utf8"));
  const taught = answers.filter(({ photograph }) => names.has(photograph.answer));
  const right = taught.filter((answer) => answer.right).length;
  return `\nFor ${taught.length} photographs, the correct label is a name that ${model} was trained on: it classifies ${right} of them correctly.\n`;
}

/**
 * @param {ReturnType<typeof readList>} list
 * @param {{ model: string, answers: Answer[] }[]} runs
 */
function document({ sources, photographs }, runs) {
  const [{ model, answers }] = runs;
  const rows = answers.map(({ photograph: { source, path: name, answer, labels }, scores, right }) => {
    const { repository, commit } = sources[source];
    const address = repository ? `https://github.com/${repository}/blob/${commit}/${encodeURI(name)}` : `../${name}`;
    const said = right ? `**${scores[0].label}** ${percent(scores[0].score)}` : `${scores[0].label} ${percent(scores[0].score)}`;
    const rank = scores.findIndex(({ label }) => label === answer) + 1;
    const others = labels.filter((label) => label !== answer).join(", ");
    return `| [${path.basename(name)}](${address}) | ${answer} | ${said} | ${rank} | ${others} |`;
  });
  const origins = Object.values(sources).map(({ repository, commit, license }) =>
    repository ? `| [${repository}](https://github.com/${repository}) at ${commit?.slice(0, 10)} | ${license} |` : `| this repository | ${license} |`,
  );
  return `# Sixty photographs from other sources

This page is generated by \`node tools/photographs.mjs --write docs/PHOTOGRAPHS.md\`, which downloads the photographs at pinned
commits, verifies their hashes, and runs \`clip-wasm classify\` with the model's own template. The photographs, their labels and
the correct answers are listed in \`${LIST}\`. They were fixed before any model was run. The recipe of everyday-clip was
then improved while its answers were known, so that its figures here are not those of a blind test.

All ${photographs.length} photographs are CC0 or in the public domain. They are the photographs in their repositories that show a single
thing or scene that a visitor could name. We left out further shots of the same subject, abstract patterns, paintings, textures, and
all but five of about thirty sports photographs. Each photograph has 8 to 11 labels, written the way someone would who has not seen
the list of names that the model was trained on.

| model | accuracy (95 % interval) | most frequent wrong answer |
|---|---|---|
${runs.map((run) => `| ${path.basename(run.model, ".gguf")} | ${figures(tally(run.answers))} |`).join("\n")}
${ofTaught(runs[0])}
## All answers of ${model}

Correct answers are in bold. The percentage is the score of the answer among the labels of the photograph, and the rank is that of
the correct label.

| photograph | correct label | answer | rank | other labels |
|---|---|---|---|---|
${rows.join("\n")}

## Sources

| repository | licence, and where it is stated |
|---|---|
${origins.join("\n")}
`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      model: { type: "string", multiple: true, default: ["everyday-clip"] },
      mirrors: { type: "string" },
      write: { type: "string" },
    },
  });
  const list = readList();
  /** @type {Parameters<typeof ask>[1]} */
  const asked = [];
  for (const photograph of list.photographs)
    asked.push({ photograph, file: await obtain(photograph, list.sources[photograph.source], values.mirrors) });
  const runs = values.model.map((model) => ({ model, answers: ask(model, asked) }));
  for (const { model, answers } of runs) {
    for (const { photograph, scores, right } of answers)
      if (!right) console.log(`${photograph.path}: expected “${photograph.answer}”, got “${scores[0].label}” (${percent(scores[0].score)})`);
    console.log(`${model}: ${figures(tally(answers))}`);
  }
  if (values.write) writeFileSync(values.write, document(list, runs));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
