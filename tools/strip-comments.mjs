// @ts-check
/**
 * Takes the comments out of a built page's scripts, which are for those who read the source.
 * usage: node tools/strip-comments.mjs FOLDER
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

/**
 * @param {string} source
 * @returns {string} without comments, and without the lines they leave empty
 */
function stripped(source) {
  const file = ts.createSourceFile("script.js", source, ts.ScriptTarget.ES2022, false, ts.ScriptKind.JS);
  /** @type {Map<number, number>} where a comment begins and ends */
  const comments = new Map();
  /** @param {ts.Node} node */
  const visit = (node) => {
    const leading = ts.getLeadingCommentRanges(source, node.pos) ?? [];
    const trailing = ts.getTrailingCommentRanges(source, node.end) ?? [];
    for (const { pos, end } of [...leading, ...trailing]) comments.set(pos, end);
    for (const child of node.getChildren(file)) if (!ts.isJSDoc(child)) visit(child);
  };
  visit(file);
  let text = "";
  let at = 0;
  for (const [pos, end] of [...comments].sort(([a], [b]) => a - b)) {
    text += source.slice(at, pos);
    at = Math.max(at, end);
  }
  // A template literal with an empty line in it would lose that line, which no string of the page minds.
  return (text + source.slice(at)).replace(/[ \t]+$/gm, "").replace(/\n{2,}/g, "\n").trimStart();
}

const folder = path.join(process.argv[2] ?? ".", "www");
let [before, after] = [0, 0];
for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  if (path.extname(name) !== ".js") continue;
  const source = readFileSync(path.join(folder, name), "utf8");
  const text = stripped(source);
  writeFileSync(path.join(folder, name), text);
  [before, after] = [before + source.length, after + text.length];
}
console.log(`the page's scripts: ${before} bytes, ${after} without comments`);
