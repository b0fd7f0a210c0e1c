// @ts-check
/**
 * Makes what `models/` holds of a checkpoint that is to come with the page: `<id>.gguf`, `<id>.json` (its record, with card and
 * measured accuracy) and `<id>.golden.json`. Everything that depends on the weights comes from this one call.
 * usage: node tools/embedded-model.mjs FOLDER --card CARD.json --eval EVAL.json --types TYPES.json [--id everyday-clip] [--dtype q5_0]
 *
 * FOLDER is what the training recipe exports, with its record.json. CARD.json is the record's `card`. EVAL.json is the recipe's
 * evaluation in f32, TYPES.json that of `tools/embedded-model/compare_types.py`. Needs target/release/clip-wasm.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const CLI = "target/release/clip-wasm";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    id: { type: "string", default: "everyday-clip" },
    dtype: { type: "string", default: "q5_0" },
    card: { type: "string" },
    eval: { type: "string" },
    types: { type: "string" },
  },
});
const [folder] = positionals;
const { id, dtype } = values;
if (!folder || !values.card || !values.eval || !values.types) {
  console.error("usage: node tools/embedded-model.mjs FOLDER --card CARD.json --eval EVAL.json --types TYPES.json");
  process.exit(2);
}

/** @param {string} file @returns {any} */
const json = (file) => JSON.parse(readFileSync(file, "utf8"));
const about = json(`${folder}/record.json`);
const measuredTypes = json(values.types);
if (!measuredTypes[dtype]?.neutral_cosine) throw new Error(`${values.types} has no figures of ${dtype}: run compare_types.py with it`);

const model = `models/${id}.gguf`;
const plain = `${model}.unmeasured`;
const said = `${model}.record`;
execFileSync(CLI, ["quantize", folder, "--dtype", dtype, "-o", plain], { stdio: "inherit" });
const neutral = measuredTypes[dtype].neutral_cosine.value;
writeFileSync(said, JSON.stringify({ ...about, neutral_cosine: neutral, fidelity: fidelity() }));
execFileSync(CLI, ["quantize", plain, "--dtype", dtype, "-o", model, "--record", said], { stdio: "inherit" });
for (const file of [plain, said]) rmSync(file);

const bytes = readFileSync(model);
const record = {
  id,
  ...about,
  neutral_cosine: neutral,
  file: `${id}.gguf`,
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  dtype,
  verified: true,
  ...(existsSync(`models/${id}.names.txt`) && { names: `${id}.names.txt` }),
  source: { recipe: "training/" },
  card: json(values.card),
  accuracy: accuracy(),
};
writeFileSync(`models/${id}.json`, `${JSON.stringify(record, null, 2)}\n`);
execFileSync("node", ["tools/golden-vectors.mjs", id], { stdio: "inherit" });

/** What the GGUF says of itself: the pooled pictures of its type, and of f32. */
function fidelity() {
  /** @type {Record<string, string | number>} */
  const told = { against: "this program, f32" };
  for (const [type, suffix] of [[dtype, ""], ["f32", ".f32"]])
    for (const top of ["pooled.top1", "pooled.top5"])
      if (measuredTypes[type]?.[top]) told[top + suffix] = measuredTypes[type][top].value;
  return told;
}

/** Every figure by type and name: the recipe's in f32, and the comparison of the types. */
function accuracy() {
  const full = json(values.eval ?? "").map((/** @type {any} */ { name, value, interval, n }) => [name, { value, ...(interval && { interval, n }) }]);
  /** @type {Record<string, object>} */
  const byType = {};
  for (const [type, figures] of Object.entries(measuredTypes)) {
    const shares = Object.entries(figures).filter(([, figure]) => figure.interval && figure.n);
    const named = shares.map(([key, figure]) => [`${key.replace(/\.top(\d)$/, ", all taught names: top-$1")}`, figure]);
    byType[type] = Object.fromEntries(type === "f32" ? [...named, ...full] : named);
  }
  return byType;
}
