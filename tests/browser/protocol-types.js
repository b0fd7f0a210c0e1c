// @ts-check
/**
 * What does not compile, because it is not in the one protocol (`pkg/engine/protocol/requests.d.ts`). The type checker holds
 * this file: a line that is expected to be an error, and is none, is one.
 */
/** @import { EngineRequests, Handlers, ResearchRequests } from "../../pkg/engine/protocol/requests.js" */
/** @import { EngineClient } from "../../pkg/engine/client/engine-client.js" */

/** @param {EngineClient} engine */
export async function callers(engine) {
  // @ts-expect-error a verb that is misspelt
  await engine.research("evalute", { labels: [], templates: [], seed: 0 });
  // @ts-expect-error a payload without its seed
  await engine.research("evaluate", { labels: [], templates: [] });
  // @ts-expect-error an answer that is none
  const { rows } = await engine.research("csv", { rows: [] });
  return rows;
}

// @ts-expect-error a host without `classify`
export const engineHost = /** @type {Handlers<EngineRequests>} */ ({ start: () => ({}) });
/** @type {Pick<Handlers<ResearchRequests>, "names">} */
export const researchHost = {
  // @ts-expect-error an answer of another type
  names: () => 3,
};
