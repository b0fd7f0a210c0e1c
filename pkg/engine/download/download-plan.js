// @ts-check
/** @import { FileVersion } from "./file-version.js" */
/** @import { Dtype, ResearchModule, ModelRecord, ModelSource } from "../protocol/types.js" */
/** @import { ModelRecords } from "../model/model-records.js" */
import { decoded } from "./decoded.js";
import { downloadWhole } from "./download-file.js";
import { EngineError } from "../protocol/engine-error.js";
import { jsonBytes } from "../store/model-store.js";

/**
 * One file of the weights: on a host, or the visitor's own.
 * @typedef {{ url: string, bytes: number, sha256?: string, file?: File, version?: FileVersion }} WeightsFile
 */

/**
 * What it takes to get a model into the store.
 * @typedef {object} DownloadPlan
 * @property {string} key
 * @property {string} name
 * @property {ModelSource} source
 * @property {Dtype | "gguf"} dtype what to quantize to; a GGUF file stays as it is
 * @property {WeightsFile[]} weights
 * @property {Record<string, string | File> | undefined} companions where the small files are, by what they are for
 * @property {ModelRecord} record
 * @property {string} [token] of the hub, where the weights are there
 * @property {string} [origin] what the record said of where its weights are
 */

/** @typedef {{ research: () => Promise<ResearchModule>, models: ModelRecords, hub: string, token?: string, signal: AbortSignal }} DownloadContext */

const REPO = /^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([\w-][\w./-]*))?$/;

/**
 * Finds out what there is to fetch; asks the hub about repositories.
 * @param {ModelSource} source
 * @param {Dtype} dtype
 * @param {DownloadContext} context
 * @returns {Promise<DownloadPlan | undefined>} nothing for a file that needs no store: one beside the page or in its memory, or the visitor's
 * @throws {EngineError} "unknown-model", "download", "missing-file"
 */
export async function planDownload(source, dtype, context) {
  if ("url" in source) return /^https?:/.test(`${source.url}`) ? fromUrl(`${source.url}`) : undefined;
  if ("files" in source) return fromFiles(source.files, dtype, context);
  if ("repo" in source) {
    const [, repo, revision] = REPO.exec(source.repo) ?? [];
    if (repo) return fromHub(source, repo, revision ?? "main", {}, dtype, context);
    throw new EngineError("unknown-model", `"${source.repo}" is not a repository name: expected owner/name or owner/name@revision`);
  }
  if (!("id" in source)) return undefined;
  const record = await context.models.read(source.id, context.signal);
  const { repo, revision = "main" } = record.source ?? {};
  if (!repo || record.file) return undefined;
  return { ...(await fromHub(source, repo, revision, record, dtype, context)), origin: originOf(record) };
}

/**
 * @param {ModelRecord} record
 * @returns {string} where its weights are, which they have to be, and whose pixels they are run with: a record that says
 *   otherwise makes another file
 */
export function originOf({ source: { repo = "", revision = "main", sha256 = "" } = {}, preprocessor }) {
  return `${repo}@${revision} ${sha256}${preprocessor ? ` ${preprocessor}` : ""}`;
}

/**
 * @param {ModelSource} source
 * @param {string} repo
 * @param {string} revision
 * @param {ModelRecord} record
 * @param {Dtype} dtype
 * @param {DownloadContext} context
 * @returns {Promise<DownloadPlan>}
 */
async function fromHub(source, repo, revision, record, dtype, { research, hub, token, signal }) {
  const about = `${hub}/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const [answer, module] = await Promise.all([downloadWhole(about, signal, token), research()]);
  const plan = module.plan_repository(answer, repo, JSON.stringify(record));
  /** @param {{ name: string }} file */
  const url = ({ name }) => `${hub}/${repo}/resolve/${plan.revision}/${name.split("/").map(encodeURIComponent).join("/")}`;
  return {
    key: `${repo}@${plan.revision} ${dtype}`,
    name: plan.record.name ?? repo,
    source,
    dtype,
    weights: plan.weights.map((file) => ({ ...file, url: url(file) })),
    companions: companionsOf(plan, url),
    record: plan.record,
    token,
  };
}

/**
 * Where the small files of a plan are; those that there are not are left out.
 * @template {string | File} Place
 * @param {import("../protocol/types.js").RepositoryPlan} plan
 * @param {(file: { name: string }) => Place} place
 */
function companionsOf({ companions }, place) {
  const there = Object.entries(companions).flatMap(([role, file]) => (file ? [[role, place(file)]] : []));
  return /** @type {Record<string, Place>} */ (Object.fromEntries(there));
}

/**
 * @param {string} url of a GGUF file
 * @returns {DownloadPlan}
 */
function fromUrl(url) {
  const name = decoded(new URL(url).pathname.split("/").at(-1) || url);
  const weights = [{ url, bytes: 0 }];
  return { key: new URL(url).href, name, source: { url }, dtype: "gguf", weights, companions: undefined, record: {} };
}

/**
 * @param {File[]} files of a checkpoint's folder, chosen among as those of a repository are
 * @param {Dtype} dtype
 * @param {DownloadContext} context
 * @returns {Promise<DownloadPlan>}
 */
async function fromFiles(files, dtype, { research }) {
  const [first] = files;
  const folder = first?.webkitRelativePath.split("/").at(-2) || "files";
  const siblings = files.map(({ name, size }) => ({ rfilename: name, size }));
  const plan = (await research()).plan_repository(jsonBytes({ sha: "local", siblings }), folder, "{}");
  const file = (/** @type {{ name: string }} */ { name }) => /** @type {File} */ (files.find((file) => file.name === name));
  return {
    key: `files ${folder} ${file(plan.weights[0]).lastModified} ${dtype}`,
    name: folder,
    source: { files },
    dtype,
    weights: plan.weights.map(({ name, bytes }) => ({ url: name, bytes, file: file({ name }) })),
    companions: companionsOf(plan, file),
    record: { name: folder },
  };
}
