// @ts-check
/** What a page's main thread does in one piece, by Chromium's own trace. */

/**
 * @typedef {object} TraceEvent
 * @property {string} name
 * @property {string} ph
 * @property {number} pid
 * @property {number} tid
 * @property {number} dur microseconds on the clock
 * @property {number} [tdur] microseconds on a processor
 * @property {any} args
 */

/**
 * The longest task of the main thread while `act` runs.
 *
 * Besides the time on the clock, which is the visitor's, there is the time on a processor, which is the page's own doing: on
 * a machine whose processors are shared with the engine and other programs a task may wait in the middle.
 *
 * @param {import("playwright-core").Page} page in Chromium
 * @param {() => Promise<unknown>} act
 * @returns {Promise<{ clock: number, processor: number }>} milliseconds, each of the task that has most of it
 */
export async function longestTask(page, act) {
  const client = await page.context().newCDPSession(page);
  /** @type {TraceEvent[]} */
  const events = [];
  client.on("Tracing.dataCollected", ({ value }) => events.push(.../** @type {any[]} */ (value)));
  await client.send("Tracing.start", { categories: "toplevel", transferMode: "ReportEvents" });
  await act();
  const complete = new Promise((resolve) => client.once("Tracing.tracingComplete", resolve));
  await client.send("Tracing.end");
  await complete;
  await client.detach();
  const main = new Set(events.filter(isMainThread).map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = events.filter(({ name, ph, pid, tid }) => ph === "X" && name.endsWith("RunTask") && main.has(`${pid} ${tid}`));
  const most = (/** @type {(task: TraceEvent) => number} */ of) => Math.max(0, ...tasks.map(of)) / 1000;
  return { clock: most(({ dur }) => dur), processor: most(({ dur, tdur }) => tdur ?? dur) };
}

/** @param {TraceEvent} event */
function isMainThread({ name, args }) {
  return name === "thread_name" && args.name === "CrRendererMain";
}
