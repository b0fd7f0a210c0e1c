// @ts-check
/** @import { ModelRecord, PackagedModels } from "../protocol/types.js" */
import { downloadWhole } from "../download/download-file.js";
import { EngineError } from "../protocol/engine-error.js";

/** The records of the known models: files of a folder, or those that a program was bundled with. */
export class ModelRecords {
  #folder;
  #packaged;

  /** @param {string | PackagedModels} models the address of a folder that holds `<id>.json`, and their ids in `index.json` */
  constructor(models) {
    this.#folder = typeof models === "string" ? models : undefined;
    this.#packaged = typeof models === "string" ? undefined : models;
  }

  /**
   * @param {string} id
   * @param {AbortSignal} signal
   * @returns {Promise<ModelRecord>}
   * @throws {EngineError} "unknown-model", "malformed", "download"
   */
  async read(id, signal) {
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id)) {
      throw new EngineError("unknown-model", `unknown model "${id}": expected the id of a record, a repository, a URL or a file`);
    }
    if (this.#packaged) return this.#packagedRecord(id, this.#packaged);
    const url = new URL(`${id}.json`, this.#folder);
    try {
      return await readJson(url, signal);
    } catch (cause) {
      if (cause instanceof SyntaxError)
        throw new EngineError("malformed", `the model record ${url} is not valid JSON`, { cause });
      if (cause instanceof EngineError && cause.message.includes(" answered 404"))
        throw new EngineError("unknown-model", `unknown model "${id}": there is no record ${url}`);
      throw cause;
    }
  }

  /**
   * All of them; none of a page in one file, which has its own alone.
   * @param {AbortSignal} signal
   * @returns {Promise<ModelRecord[]>}
   */
  async all(signal) {
    if (this.#packaged) return Object.entries(this.#packaged.records).map(([id, record]) => ({ id, ...record }));
    if (this.#folder?.startsWith("inside:")) return [];
    /** @type {string[]} */
    const ids = await readJson(new URL("index.json", this.#folder), signal);
    return Promise.all(ids.map(async (id) => ({ id, ...(await this.read(id, signal)) })));
  }

  /**
   * Where the model file is that lies beside a record.
   * @param {string} id
   * @param {ModelRecord} record
   * @returns {string}
   * @throws {EngineError} "unknown-model"
   */
  fileOf(id, record) {
    if (!this.#packaged) return new URL(record.file ?? `${id}.gguf`, this.#folder).href;
    const file = this.#packaged.files[id];
    if (file) return file;
    throw new EngineError("unknown-model", `the file of the model "${id}" is not included in this program: expected ${Object.keys(this.#packaged.files).join(", ")}`);
  }

  /** @param {string} id @param {PackagedModels} packaged */
  #packagedRecord(id, { records }) {
    if (Object.hasOwn(records, id)) return records[id];
    throw new EngineError("unknown-model", `unknown model "${id}": expected ${Object.keys(records).join(", ")}, a repository (owner/name), a URL or a file`);
  }
}

/** @param {URL} url @param {AbortSignal} signal */
async function readJson(url, signal) {
  return JSON.parse(new TextDecoder().decode(await downloadWhole(url.href, signal)));
}
