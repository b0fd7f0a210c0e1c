// @ts-check

/**
 * Returns what was caught as a sentence: the engine's messages are clauses in lower case without a full stop.
 *
 * @param {unknown} thrown
 */
export function sentence(thrown) {
  const clause = (thrown instanceof Error ? thrown.message : String(thrown)).trim();
  if (clause === "") return "It failed without giving a reason.";
  const address = /^\w+:\/\//.test(clause);
  const capital = address ? clause : clause[0].toUpperCase() + clause.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
