// @ts-check
/**
 * The unit tests of `src/kernels`, on WebAssembly: `./build.sh test` makes a module of them for each kind of build, which has
 * the instructions of that build, and here each test runs in the browser. Those of the matrix product hold every
 * implementation against the contract, and those of the floats know their bits, so that what passes here has the bits of
 * `cargo test`, which runs the same tests natively.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { launchChromium } from "./chromium.mjs";
import { browserName, launchBrowser } from "./launch.mjs";
import { openStage } from "./stage.mjs";

const FOLDER = "target/kernel-tests";
const FLAVOURS = ["simd", "relaxed", "simd-threads", "relaxed-threads"];
/** Tests that no flavour may be without, so that an empty module does not pass. */
const NEEDED = [
  "every_implementation_follows_the_contract_at_every_tail",
  "attention_has_its_bits",
  "vectors_do_what_arrays_do",
  "vectors_of_integers_do_what_arrays_do",
  "rows_in_lanes_have_the_bytes_of_the_plain_sums",
  "columns_in_lanes_have_the_bytes_of_the_plain_sums",
  "blocks_in_lanes_have_the_samples_of_the_plain_transform",
];

/** V8 joins 128-bit operations to 256-bit ones where it can, in every function from the first call on. */
const JOINED = "--js-flags=--wasm-revectorize --no-liftoff --no-wasm-lazy-compilation";

/** How the browser is started, with what the tests' names say of it. */
const LAUNCHES = [
  { launch: launchBrowser, name: "on WebAssembly" },
  ...(browserName === "chromium" ? [{ launch: () => launchChromium(JOINED), name: "with operations joined to 256 bits" }] : []),
];

const SCRIPT = `
  /** Runs all tests of a module: their names, and why each of those failed that did. */
  window.runTests = async (url) => {
    const module = await WebAssembly.compileStreaming(fetch(url));
    const shared = WebAssembly.Module.imports(module).some(({ kind }) => kind === "memory");
    let memory, lines, tests;
    const renew = async () => {
      memory = shared ? new WebAssembly.Memory({ initial: 64, maximum: 65536, shared }) : undefined;
      const tell = (start, length) => lines.push(new TextDecoder().decode(new Uint8Array(memory.buffer, start, length).slice()));
      tests = (await WebAssembly.instantiate(module, { env: { tell, memory } })).exports;
      memory ??= tests.memory;
    };
    const ask = (call) => {
      lines = [];
      call();
      return lines.join("\\n");
    };
    await renew();
    const [names, failures] = [[], {}];
    for (let index = 0, name; (name = ask(() => tests.name(index))); index++) {
      names.push(name);
      try {
        ask(() => tests.run(index));
      } catch (error) {
        failures[name] = lines.join("\\n") || String(error);
        await renew(); // what has failed may have left anything behind
      }
    }
    return { names, failures };
  };
`;

for (const { launch, name } of LAUNCHES) {
  describe(`the kernels' unit tests, ${name}`, () => {
    /** @type {import("./stage.mjs").Stage} */
    let stage;

    before(async () => {
      stage = await openStage({ launch, script: SCRIPT });
    });
    after(() => stage?.close());

    for (const flavour of FLAVOURS) {
      test(`${flavour} passes`, async (context) => {
        const file = `${FOLDER}/${flavour}.wasm`;
        if (!existsSync(file)) return context.skip(`${file} is not there: ./build.sh kernel-tests makes it`);
        const { names, failures } = await stage.inPage(`runTests("/${file}")`);
        context.diagnostic(`${names.length} tests`);
        assert.deepEqual(failures, {});
        for (const needed of NEEDED) assert.ok(names.some((/** @type {string} */ name) => name.includes(needed)), needed);
      });
    }
  });
}
