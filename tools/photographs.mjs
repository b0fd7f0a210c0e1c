// @ts-check
/**
 * Asks a model about sixty CC0 photographs that nothing was trained on, each with the labels that a visitor would write, and
 * writes every answer down.
 * usage: node tools/photographs.mjs [--model everyday-clip] [--mirrors FOLDER] [--write docs/PHOTOGRAPHS.md]
 *
 * `datasets/photographs/photographs.json` has the list: the public repository and commit of each photograph, its SHA-256, its
 * licence, its labels. What is not in `target/photographs` yet is fetched there from raw.githubusercontent.com, or read out of
 * git directories `FOLDER/OWNER+NAME/repo`, and held against its hash. Several `--model` are compared side by side in the
 * figures; the table of answers is the first one's. Needs target/release/clip-wasm, or CLIP_WASM with the path of another.
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
 * How many answers are right, and which wrong label answers most of the errors.
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
 * Wilson's 95 % interval of a share.
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
 * @returns {Promise<string>} the file, whose hash is right
 */
async function obtain({ source: key, path: name, sha256 }, { repository, commit }, mirrors) {
  const file = repository ? path.join(KEPT, `${key}-${path.basename(name).replaceAll(" ", "-")}`) : name;
  if (repository && !existsSync(file)) {
    mkdirSync(KEPT, { recursive: true });
    writeFileSync(file, await read(repository, /** @type {string} */ (commit), name, mirrors));
  }
  const found = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (found !== sha256) throw new Error(`${file} has the SHA-256 ${found}, not ${sha256}: delete it and run this again.`);
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
  if (!response.ok) throw new Error(`${address} cannot be fetched: the host answered ${response.status}.`);
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
 * What is right of the photographs whose right label the model was taught, where its record has a list of names.
 *
 * @param {{ model: string, answers: Answer[] }} run
 */
function ofTaught({ model, answers }) {
  const list = `models/${model}.names.txt`;
  if (!existsSync(list)) return "";
  const names = new TaughtNames(readFileSync(list, "utf8"));
  const taught = answers.filter(({ photograph }) => names.has(photograph.answer));
  const right = taught.filter((answer) => answer.right).length;
  return `\nOf the ${taught.length} photographs whose right label is a name that ${model} was taught, it finds ${right} right.\n`;
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
    repository ? `| [${repository}](https://github.com/${repository}) at ${commit?.slice(0, 10)} | ${license} |` : `| this one | ${license} |`,
  );
  return `# Sixty photographs that nothing was trained on

Written by \`node tools/photographs.mjs --write docs/PHOTOGRAPHS.md\`: it fetches the photographs at pinned commits, verifies
their hashes, and asks \`clip-wasm classify\` with the model's own template. Which photographs, their labels and the right
answers were fixed before any model was asked, and stand in \`${LIST}\`.

All ${photographs.length} are CC0 or in the public domain. They are what their repositories have that shows one thing or one scene
that a visitor could name; left out are other shots of the same subject, abstract patterns, paintings, textures, and all but five of
some thirty pictures of sport. Each has 8 to 11 labels, as somebody would write them who has not seen the list of names that the
model was taught.

| model | right (95 % interval) | the wrong answer given most often |
|---|---|---|
${runs.map((run) => `| ${path.basename(run.model, ".gguf")} | ${figures(tally(run.answers))} |`).join("\n")}
${ofTaught(runs[0])}
## Every answer of ${model}

Bold where it is right; the score is that among the labels, the rank that of the right label.

| photograph | what it shows | answer | rank | the other labels |
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
      if (!right) console.log(`${photograph.path}: ${photograph.answer}, not ${scores[0].label} (${percent(scores[0].score)})`);
    console.log(`${model}: ${figures(tally(answers))}`);
  }
  if (values.write) writeFileSync(values.write, document(list, runs));
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await main();
