// @ts-check
/** The same figures from any number of threads, in the page and on the command line, also after a run that was stopped. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, test } from "node:test";
import { openStage } from "./stage.mjs";

const CLI = "target/release/clip-wasm";
const DATA = "datasets/drawings";
const NOISE = ["gaussian_noise", "glass_blur", "fog"];

/** What is asked of the page: everything that the command line measures, and a stop in the middle. */
const SCRIPT = `
  import { EngineClient } from "/pkg/engine/client/engine-client.js";
  window.measure = async (threads, names) => {
    const engine = await EngineClient.start({ models: "/models", threads, flavour: threads > 1 ? "relaxed-threads" : "relaxed" });
    const info = await engine.load({ id: "everyday-clip" });
    const pictures = await Promise.all(names.map(async (name) => {
      const image = await (await fetch("/${DATA}/" + name)).blob();
      return { name, label: name.split("/")[0].replaceAll("_", " "), image };
    }));
    await engine.research("open", { parts: [] });
    const stopping = new AbortController();
    const batches = [pictures.slice(0, 60), pictures.slice(60, 120)].map((pictures) => engine.research("add", { pictures }, stopping));
    await batches[0];
    stopping.abort();
    await batches[1].catch(() => {});
    const kept = await engine.research("names");
    const files = await engine.research("files", {});
    await engine.research("open", { parts: [files] });
    await engine.research("add", { pictures: pictures.slice(kept.length) });
    const labels = [...new Set(pictures.map(({ label }) => label))];
    const question = { labels, templates: info.templates, seed: 0 };
    const evaluation = await engine.research("evaluate", question);
    const bias = await engine.research("bias", { ...question, labels: ["cat", "car"] });
    const probe = await engine.research("probe", question);
    const variants = ${JSON.stringify(NOISE)}.flatMap((corruption) => [1, 2, 3, 4, 5].map((severity) => ({ corruption, severity })));
    const columns = variants.map((variant) => ({ ...variant, trials: [] }));
    const clean = [];
    const places = await engine.research("sample", { pictures: pictures.map(({ name, label }) => ({ name, label })), each: 1, seed: 0 });
    for (const { name, label, image } of places.map((place) => pictures[place])) {
      const asked = { ...question, image, name, truth: labels.indexOf(label), side: 224, word: labels[0], variants };
      const answers = await engine.research("corrupt", asked);
      clean.push(answers.clean);
      columns.forEach((column, place) => column.trials.push(answers.trials[place]));
    }
    const robustness = await engine.research("robustness", { clean, columns, seed: 0 });
    engine.dispose();
    return { threads: info.threads, evaluation, bias, probe, robustness };
  };
`;

/** @type {import("./stage.mjs").Stage} */
let stage;
before(async () => {
  stage = await openStage({ script: SCRIPT });
});
after(() => stage?.close());

/** @param {number} threads @param {...string} args @returns {any} */
function commandLine(threads, ...args) {
  const env = { ...process.env, RAYON_NUM_THREADS: `${threads}` };
  const { engine, ...figures } = JSON.parse(execFileSync(CLI, [...args, "--json"], { encoding: "utf8", maxBuffer: 1 << 26, env }));
  assert.equal(engine.threads, threads);
  return figures;
}

/** The parts of `theirs` that `ours` has too. @param {any} theirs @param {any} ours */
const common = (theirs, ours) => Object.fromEntries(Object.keys(ours).map((key) => [key, theirs[key]]));

test("one, two and three threads give the same figures, in the page and on the command line", async () => {
  const evaluations = [1, 2, 3].map((threads) => commandLine(threads, "eval", DATA));
  const names = evaluations[0].predictions.map((/** @type {{ image: string }} */ { image }) => image);
  const others = [1, 2, 3].map((threads) => ({
    bias: commandLine(threads, "bias", DATA, "--label", "cat", "--label", "car"),
    probe: commandLine(threads, "probe", DATA),
    robustness: commandLine(threads, "robustness", DATA, "--limit", "1", ...NOISE.flatMap((name) => ["--corruption", name])),
  }));
  for (const evaluation of evaluations) assert.deepEqual(evaluation, evaluations[0]);
  for (const other of others) assert.deepEqual(other, others[0]);
  for (const threads of [1, 2]) {
    const ours = await stage.inPage(`window.measure(${threads}, ${JSON.stringify(names)})`);
    assert.equal(ours.threads, threads);
    assert.deepEqual(ours.evaluation, common(evaluations[0], ours.evaluation), `eval on ${threads}`);
    for (const what of /** @type {("bias" | "probe" | "robustness")[]} */ (["bias", "probe", "robustness"]))
      assert.deepEqual(ours[what], common(others[0][what], ours[what]), `${what} on ${threads}`);
  }
});
