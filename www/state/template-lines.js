// @ts-check
/** @import { LineProblem } from "./label-lines.js" */

/** With more templates than this, an ensemble costs more time than it gains accuracy. */
const MOST_TEMPLATES = 100;

/**
 * Returns the templates in `text`, one a line, and what is wrong with those that cannot be used. `{c}`, as other tools spell
 * the placeholder, is read as `{}`.
 *
 * @param {string} text
 * @returns {{ templates: string[], problems: LineProblem[] }}
 */
export function readTemplates(text) {
  /** @type {LineProblem[]} */
  const problems = [];
  /** @type {Set<string>} */
  const templates = new Set();
  text.split("\n").forEach((raw, index) => {
    const template = raw.trim().replaceAll("{c}", "{}");
    const line = index + 1;
    if (template === "") return;
    if (!template.includes("{}")) {
      problems.push({
        line,
        message: `“${template}” has no {} where the label goes. Add {}, as in “a drawing of {}”.`,
        blocking: true,
      });
    } else if (templates.size < MOST_TEMPLATES) templates.add(template);
  });
  if (templates.size === 0 && problems.length === 0) {
    problems.push({ line: 1, message: "The template is empty. Enter {} to use the label alone.", blocking: true });
  }
  return { templates: [...templates], problems };
}
