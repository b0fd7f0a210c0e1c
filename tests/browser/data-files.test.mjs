/**
 * What the page takes of tables and archives: the samples that webdataset 1.0 and CLIP_benchmark find, and what is
 * refused by name. The modules need no browser.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { archivesOf } from "../../www/views/research/archives.js";
import { dataOfFiles } from "../../www/views/research/data-files.js";

const BLOCK = 512;
const bytes = (/** @type {string} */ text) => new TextEncoder().encode(text);

/**
 * A member of an archive: its header, then its content up to whole blocks.
 * @param {string} name @param {Uint8Array<ArrayBuffer>} content @param {string} kind
 */
function member(name, content, kind = "0") {
  const header = new Uint8Array(BLOCK);
  const put = (/** @type {string} */ text, /** @type {number} */ at) => header.set(bytes(text), at);
  put(name, 0);
  put("0000644\0", 100);
  put(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
  put(" ".repeat(8), 148);
  put(kind, 156);
  put("ustar\x0000", 257);
  put(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0 `, 148);
  return [header, content, new Uint8Array(-content.length & (BLOCK - 1))];
}

/** @param {(string | Uint8Array<ArrayBuffer>)[][]} members name, content and perhaps a kind */
function tar(...members) {
  const parts = members.flatMap(([name, content, kind]) => member(`${name}`, typeof content === "string" ? bytes(content) : content, kind ? `${kind}` : "0"));
  return new File([...parts, new Uint8Array(2 * BLOCK)], "0.tar");
}

/** A pax record. @param {string} key @param {string} value */
function pax(key, value) {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length + 1;
  while (`${length}`.length + bytes(rest).length !== length) length = `${length}`.length + bytes(rest).length;
  return `${length}${rest}`;
}

/** @param {File} archive @param {string} classes */
async function samples(archive, classes = "cat\ndog\n") {
  const names = new File([classes], "classnames.txt");
  const { entries } = await archivesOf([{ name: "test/0.tar", file: archive }, { name: "classnames.txt", file: names }]);
  return entries.map(({ name, label }) => [name.replace("0.tar/", ""), label]);
}

test("members of macOS and other hidden files are no samples", async () => {
  const found = await samples(tar(["._s0.cls", "\0\x05\x16\x07"], ["._s0.png", "\0"], ["s0.cls", "1"], ["s0.png", "picture"],
    ["__MACOSX/._s1.png", "\0"], [".DS_Store", "x"], ["__note__.png", "x"], ["__notes__/a.png", "x"], ["README", "x"]));
  assert.deepEqual(found, [["__note__.png", null], ["s0.png", "dog"]]);
});

test("of several pictures of a sample CLIP_benchmark's choice is taken, and a mask is none", async () => {
  assert.deepEqual(await samples(tar(["a.jpg", "1"], ["a.webp", "2"], ["a.seg.png", "3"], ["a.cls", " 0\n"])), [["a.webp", "cat"]]);
});

test("folders, links and pax's notes are passed over, and long names kept", async () => {
  const long = `${"d".repeat(150)}/s.png`;
  const found = await samples(tar(["folder.png", "", "5"], ["linked.png", "", "2"], ["notes", pax("comment", "path=wrong.png"), "g"],
    ["notes", pax("comment", "9 path=wrong.png") + pax("path", long), "x"], ["short.png", "picture"], ["next.png", "picture"]));
  assert.deepEqual(found, [[long, null], ["next.png", null]]);
});

test("what is no whole archive is refused by name", async () => {
  const whole = tar(["a.png", new Uint8Array(2000)], ["a.cls", "1"]);
  const refused = [
    [whole.slice(0, 1500), /is truncated, or not a tar archive/],
    [new Blob([new Uint8Array([0x1f, 0x8b, 8, 0])]), /compressed with gzip: decompress it first/],
    [new Blob(["version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"]), /Git LFS pointer.*git lfs pull/],
    [new Blob(["x".repeat(4096)]), /not a tar archive/],
    [tar(["a.png", "1"], ["a.png", "2"]), /a\.png twice/],
    [tar(["a.png", "1", "S"]), /a sparse file/],
    [tar(["a.cls", "2"]), /a\.cls contains “2”; expected a number from 0 to 1/],
  ];
  for (const [blob, expected] of /** @type {[Blob, RegExp][]} */ (refused)) {
    await assert.rejects(samples(new File([blob], "0.tar")), { message: expected });
  }
});

test("a blank line among the names of classes, and names that are not UTF-8, are refused", async () => {
  const archive = tar(["a.png", "1"]);
  await assert.rejects(samples(archive, "cat\n\ndog\n"), { message: /Line 2 of classnames\.txt is blank/ });
  await assert.rejects(samples(archive, /** @type {any} */ (new Uint8Array([0x63, 0xe9]))), { message: /classnames\.txt is not UTF-8/ });
});

test("files come folder by folder, whatever stands in their names", async () => {
  const file = (/** @type {string} */ path) => ({ path: `data/${path}`, file: new File(["x"], path) });
  const { entries } = await dataOfFiles(["b/1.png", "a b/2.png", "a/\x01.png", "a/2.png", "a!/1.png"].map(file), async () => []);
  assert.deepEqual(entries.map(({ name }) => name), ["a/\x01.png", "a/2.png", "a b/2.png", "a!/1.png", "b/1.png"]);
});

test("two dropped folders of one name are one class, and their files of one name are different", async () => {
  const pictures = ["one", "another", "a third"].map((text) => ({ path: "cat/1.png", file: new File([text], "1.png") }));
  const dog = { path: "dog_/1 (2).png", file: new File(["dog"], "1 (2).png") };
  const { entries, classes, left } = await dataOfFiles([...pictures, dog], async () => []);
  assert.deepEqual(entries.map(({ name, label }) => [name, label]), [["cat/1 (2).png", "cat"], ["cat/1 (3).png", "cat"], ["cat/1.png", "cat"], ["dog_/1 (2).png", "dog"]]);
  const read = async (/** @type {string} */ name) => (await entries.find((entry) => entry.name === name)?.read?.())?.text();
  assert.deepEqual(await Promise.all(["cat/1.png", "cat/1 (2).png", "cat/1 (3).png"].map(read)), ["one", "another", "a third"]);
  assert.deepEqual([classes, left], [["cat", "dog"], []]);
});

test("a folder without pictures is no class, and that is said", async () => {
  const paths = ["d/cat/1.png", "d/dog/1.png", "d/empty/.DS_Store", "d/notes/readme.md", "d/.git/config"];
  const { classes, left } = await dataOfFiles(paths.map((path) => ({ path, file: new File(["x"], "x") })), async () => []);
  assert.deepEqual(classes, ["cat", "dog"]);
  assert.deepEqual(left?.map(({ name }) => name), ["empty/", "notes/"]);
});

test("a file that a table lists twice counts once", async () => {
  const files = ["d/1.png", "d/table.csv"].map((path) => ({ path, file: new File(["x"], path) }));
  const { entries, left } = await dataOfFiles(files, async () => [{ file: "1.png", label: "a" }, { file: "1.png", label: "a" }]);
  assert.deepEqual([entries.length, left], [1, [{ name: "1.png", reason: "it is listed more than once; it counts once" }]]);
});

test("a hidden archive beside the real one is no data", async () => {
  const shard = new File([await tar(["a.png", "1"]).arrayBuffer()], "0.tar");
  const beside = [{ path: "d/._0.tar", file: new File(["\0\x05"], "._0.tar") }, { path: "d/0.tar", file: shard }, { path: "d/classnames.txt", file: new File(["cat"], "classnames.txt") }];
  const { entries } = await dataOfFiles(beside, async () => []);
  assert.deepEqual(entries.map(({ name }) => name), ["0.tar/a.png"]);
});

test("the archive that macOS made is read", async (context) => {
  const folder = new URL("../../../shared/faults/wds_appledouble/", import.meta.url);
  const archive = await readFile(new URL("test/0.tar", folder)).catch(() => undefined);
  if (!archive) return context.skip("there is no ../shared");
  const found = await samples(new File([archive], "0.tar"), await readFile(new URL("classnames.txt", folder), "utf8"));
  assert.ok(found.length > 0 && found.every(([name, label]) => label && !`${name}`.includes("._")), `${found}`);
});
