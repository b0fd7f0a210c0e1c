// @ts-check
/** Folders as labels: which folder is the data, which are its classes, and which are neither. */
/** @import { DataFiles, Inside } from "./data-files.js" */

/** Names of folders that are splits of one data set, not classes of it. */
const SPLITS = new Set(["train", "training", "val", "valid", "validation", "dev", "test", "testing", "eval"]);
/** Folders that are named in a title. */
const NAMED = 3;

/**
 * What files have in common: one folder around all of them is the data set, unless it holds pictures itself and no folder,
 * when it is a class; several folders are classes of one data set.
 *
 * @param {string[]} paths with the folder that was chosen or dropped as the first part
 * @returns {{ title: string, prefix: string }} what the data is called, and what is cut off the front of every path
 */
export function dataRoot(paths) {
  const roots = [...new Set(paths.map((path) => path.split("/")[0]))];
  const [root = ""] = roots;
  const folders = foldersOf(paths);
  if (roots.length > 1) return { title: titleOf(folders.length > 0 ? folders : roots), prefix: "" };
  const isFolder = paths.length > 0 && paths.every((path) => path.startsWith(`${root}/`));
  if (!isFolder) return { title: root, prefix: "" };
  // One folder of pictures, with no table that would say what they are, is a class.
  const isClass = paths.every((path) => path.split("/").length === 2 && !/\.(csv|json|npy|tar)$/i.test(path));
  return { title: root, prefix: isClass ? "" : `${root}/` };
}

/** Some names in one line. @param {string[]} names */
export function titleOf(names) {
  const more = names.length - NAMED;
  return more > 0 ? `${names.slice(0, NAMED).join(", ")} and ${more} more` : names.join(", ");
}

/**
 * @param {string[]} names of all files, in order
 * @param {Inside[]} pictures
 * @param {string} title
 * @returns {Omit<DataFiles, "title">}
 */
export function inFolders(names, pictures, title) {
  refuseWhatIsAroundClasses(names, title);
  const classes = classesOf(pictures.map(({ name }) => name), title);
  const empty = foldersOf(names).filter((folder) => !classes.includes(labelOf(folder)));
  const isIn = (/** @type {Inside} */ { name }) => classes.length === 0 || folderLabel(name) !== null;
  const entries = pictures.filter(isIn).map(({ name, file }) => ({ name, label: folderLabel(name), size: file.size, read: async () => file }));
  const outside = pictures.filter((picture) => !isIn(picture));
  const left = [
    ...outside.map(({ name }) => ({ name, reason: "it is not in the folder of a class" })),
    ...empty.map((folder) => ({ name: `${folder}/`, reason: "it holds no pictures, so it is no class" })),
  ];
  return { entries, classes, left };
}

/** The outermost folder a picture lies in is its label. @param {string} name */
export function folderLabel(name) {
  const parts = name.split("/");
  return parts.length > 1 ? labelOf(parts[0]) : null;
}

/** Underscores read as spaces, of which none are around a label. @param {string} folder */
function labelOf(folder) {
  return folder.replaceAll("_", " ").trim();
}

/** The labels, in the order of the folders, of which no two may read alike. @param {string[]} names of pictures @param {string} title */
function classesOf(names, title) {
  const folders = foldersOf(names);
  const classes = folders.map(labelOf);
  const twice = classes.find((label, index) => classes.indexOf(label) !== index);
  if (twice !== undefined) throw new Error(`${title} has two folders for the class “${twice}”.`);
  return classes;
}

/** The outermost folders. @param {string[]} names */
export function foldersOf(names) {
  const folders = names.filter((name) => name.includes("/") && !name.startsWith(".")).map((name) => name.split("/")[0]);
  return [...new Set(folders)];
}

/** Splits of a data set, and a folder around its classes, are no classes. @param {string[]} names @param {string} title */
function refuseWhatIsAroundClasses(names, title) {
  const folders = foldersOf(names);
  const isNested = names.some((name) => name.split("/").length > 2);
  if (folders.length === 0) return;
  const last = folders[folders.length - 1];
  // A lone one may be a class, unless it holds the classes.
  if (folders.every((folder) => SPLITS.has(folder.toLowerCase())) && (isNested || folders.length > 1))
    throw new Error(`${title} contains the splits ${folders.join(" and ")}, not classes. Open one of them, such as ${last}.`);
  if (isNested && folders.length === 1 && names.every((name) => name.split("/").length > 2 || /(^|\/)\.|\.(md|txt)$/i.test(name)))
    throw new Error(`${title} contains a single folder, ${last}, which contains the class folders. Open that one.`);
}
