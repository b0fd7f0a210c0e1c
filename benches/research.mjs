// @ts-check
/**
 * Research at work on thousands of pictures, in Chromium: how many a second with one thread and with two, what
 * memory they take, how long the page's own thread is ever held up, and how long other labels take.
 *
 * usage: node benches/research.mjs [PICTURES] [ROUNDS]    5,000 and 3 unless told otherwise; needs ./build.sh build
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { crc32, deflateSync } from "node:zlib";
import { launchChromium } from "../tests/browser/chromium.mjs";
import { openStage } from "../tests/browser/stage.mjs";

const PICTURES = Number(process.argv[2] ?? 5000);
/** One thread and two take turns: how fast either is depends on what else the machine does at the time. */
const ROUNDS = Number(process.argv[3] ?? 3);
const CLASSES = 20;
const LABELS = 1000;
const SIDE = 224;
/** Memory is looked at after so many pictures: at last when nearly all are in, and no result is shown yet. */
const LOOKS = [100, 1000, 2000, 3000, 4000, PICTURES - 200];

const SCRIPT = `
  import { EngineClient } from "/pkg/engine/client/engine-client.js";
  import { Research } from "/www/views/research/research.js";
  import { DatasetView } from "/www/views/dataset/dataset-view.js";
  for (const href of ["/www/styles/page.css", "/www/views/research/research.css"]) {
    const link = document.createElement("link");
    document.head.append(Object.assign(link, { rel: "stylesheet", href }));
  }
  let engine;
  const tasks = [];
  let handed = 0;
  document.addEventListener("change", () => (handed = performance.now()), true);
  // What the browser does to hand thousands of files over, before the page hears of them, is not the page's.
  const ofThePage = ({ startTime, duration }) => {
    const end = startTime + duration;
    return end - (handed > startTime && handed < end ? handed : startTime);
  };
  new PerformanceObserver((list) => tasks.push(...list.getEntries())).observe({ entryTypes: ["longtask"] });
  window.collections = []; // of garbage, that this benchmark asks for: from when to when
  const isAsked = ({ startTime }) => window.collections.some(([begun, ended]) => begun <= startTime && startTime <= ended);
  const longest = () => tasks.filter((task) => !isAsked(task)).map(ofThePage).filter((task) => task > 50).sort((a, b) => b - a).slice(0, 5);
  const settled = (view) => new Promise((resolve) => {
    const look = () => (view.dataset.state === "ready" ? resolve() : setTimeout(look, 20));
    look();
  });
  window.begin = async (threads) => {
    const session = new EventTarget();
    engine = await EngineClient.start({ models: "/models", threads });
    session.info = await engine.load({ id: "everyday-clip" });
    session.engine = engine;
    await engine.tryKernels();
    const research = new Research(session);
    const view = new DatasetView({ research });
    document.body.replaceChildren(view);
    const root = await navigator.storage.getDirectory();
    await root.removeEntry("bench", { recursive: true }).catch(() => {});
    tasks.length = 0;
    window.latest = { done: 0 };
    research.addEventListener("progress", ({ detail }) => detail && (window.latest = detail));
    window.ended = new Promise((resolve) => research.addEventListener("progress", ({ detail }) => detail ?? resolve()));
    window.view = view;
    return session.info.threads;
  };
  window.finish = async () => {
    await window.ended;
    await settled(window.view);
    return { ...window.latest, tasks: longest() };
  };
  window.relabel = async (labels) => {
    tasks.length = 0;
    const question = { labels, templates: ["{}"], seed: 0 };
    await engine.research("evaluate", question);
    const begun = performance.now();
    await engine.research("evaluate", { ...question, labels: [...labels].reverse() });
    const milliseconds = performance.now() - begun;
    const field = document.querySelector("#data-labels");
    window.view.dataset.state = "";
    field.value = labels.join("\\n");
    field.dispatchEvent(new Event("input"));
    await settled(window.view);
    return { milliseconds, tasks: longest() };
  };
  window.end = () => engine.dispose();
`;

const folder = mkdtempSync(path.join(tmpdir(), "pictures-"));
try {
  makePictures();
  const stage = await openStage({ script: SCRIPT });
  /** @type {number[]} */
  const ratios = [];
  while (ratios.length < ROUNDS) {
    const one = await measure(stage, 1);
    ratios.push((await measure(stage, 2)) / one);
  }
  const median = ratios.toSorted((a, b) => a - b)[ROUNDS >> 1];
  console.log(`two threads against one: ${ratios.map((ratio) => ratio.toFixed(2)).join(", ")}; the median is ${median.toFixed(2)}`);
  await stage.close();
} finally {
  rmSync(folder, { recursive: true });
}

/** @param {import("../tests/browser/stage.mjs").Stage} stage @param {number} threads */
async function measure(stage, threads) {
  await stage.renew();
  stage.page.setDefaultTimeout(0);
  const count = await stage.inPage(`window.begin(${threads})`);
  await stage.page.getByLabel("Data folder").setInputFiles(folder);
  const looks = await watched(stage);
  const { perSecond, tasks } = await stage.inPage("window.finish()");
  const labels = Array.from({ length: LABELS }, (_, index) => `thing ${index}`);
  labels.splice(0, CLASSES, ...Array.from({ length: CLASSES }, (_, index) => `class ${index}`));
  const relabelled = await stage.inPage(`window.relabel(${JSON.stringify(labels)})`);
  const sizes = looks.map(({ megabytes }) => megabytes);
  const growth = ((sizes[sizes.length - 1] / sizes[0] - 1) * 100).toFixed(1);
  const longest = (/** @type {number[]} */ list) => list.map((task) => `${task.toFixed(0)} ms`).join(", ") || "none";
  console.log(`${count} thread(s), ${PICTURES} pictures: ${perSecond.toFixed(1)} a second`);
  const memory = looks.map(({ done, megabytes }) => `${done}: ${megabytes.toFixed(0)}`).join(", ");
  console.log(`  MB of the page's process after so many: ${memory}; ${growth} % more at the end`);
  console.log(`  tasks over 50 ms on the page's thread: ${longest(tasks)}; while ${LABELS} labels are asked and shown: ${longest(relabelled.tasks)}`);
  console.log(`  ${LABELS} other labels, all of them known: ${relabelled.milliseconds.toFixed(0)} ms`);
  await stage.inPage("window.end()");
  return perSecond;
}

/**
 * The memory of the page's process while the pictures go through, the garbage of its threads collected.
 *
 * @param {import("../tests/browser/stage.mjs").Stage} stage
 */
async function watched(stage) {
  const system = await /** @type {any} */ (stage.page.context().browser()).newBrowserCDPSession();
  const collector = await stage.page.context().newCDPSession(stage.page);
  /** @type {string[]} */
  const workers = [];
  collector.on("Target.attachedToTarget", ({ sessionId }) => workers.push(sessionId));
  await collector.send("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const message = JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" });
  const looks = [];
  for (const due of LOOKS.filter((count) => count < PICTURES)) {
    await stage.page.waitForFunction((due) => Reflect.get(window, "latest").done >= due, due, { polling: 50 });
    const begun = await stage.inPage("performance.now()");
    await collector.send("HeapProfiler.collectGarbage");
    await stage.inPage(`window.collections.push([${begun}, performance.now()])`);
    for (const sessionId of workers) await collector.send("Target.sendMessageToTarget", { sessionId, message }).catch(() => {});
    await stage.page.waitForTimeout(200);
    const { processInfo } = await system.send("SystemInfo.getProcessInfo");
    const renderers = processInfo.filter((/** @type {{ type: string }} */ { type }) => type === "renderer");
    const sizes = renderers.map((/** @type {{ id: number }} */ { id }) => Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]) / 1024);
    looks.push({ done: await stage.inPage("window.latest.done"), megabytes: Math.max(...sizes) });
  }
  return looks;
}

/** A folder of PNG files for each class: discs of random place, size and colour before a gradient. */
function makePictures() {
  const random = generator(1);
  for (let index = 0; index < PICTURES; index += 1) {
    const inside = path.join(folder, `class_${index % CLASSES}`);
    mkdirSync(inside, { recursive: true });
    writeFileSync(path.join(inside, `${index}.png`), png(picture(random)));
  }
}

/** @param {() => number} random @returns {Buffer} rows of RGB, each after the byte of its filter */
function picture(random) {
  const rows = Buffer.alloc(SIDE * (SIDE * 3 + 1));
  const discs = Array.from({ length: 4 }, () => ({ x: random() * SIDE, y: random() * SIDE, r: random() * 70 + 10, colour: [random(), random(), random()] }));
  for (let y = 0; y < SIDE; y += 1) {
    for (let x = 0; x < SIDE; x += 1) {
      const disc = discs.find((one) => (one.x - x) ** 2 + (one.y - y) ** 2 < one.r ** 2);
      const at = y * (SIDE * 3 + 1) + 1 + x * 3;
      for (let channel = 0; channel < 3; channel += 1) rows[at + channel] = disc ? disc.colour[channel] * 255 : (x + y * channel) % 256;
    }
  }
  return rows;
}

/** @param {Buffer} rows */
function png(rows) {
  const chunk = (/** @type {string} */ kind, /** @type {Buffer} */ data) => {
    const body = Buffer.concat([Buffer.from(kind, "latin1"), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows, { level: 1 })), chunk("IEND", Buffer.alloc(0))]);
}

/** Random numbers in [0, 1) from a seed (mulberry32). @param {number} seed */
function generator(seed) {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
