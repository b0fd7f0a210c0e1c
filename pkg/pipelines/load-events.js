// @ts-check
/** @import { LoadProgress, ModelSource } from "../engine/protocol/types.js" */
/** @import { ProgressEvent } from "../index.js" */
/**
 * Tells loading in the events people know from transformers.js: `initiate`, `download`, any number of `progress`,
 * `done`, `ready`.
 * @param {ModelSource} source
 * @param {((event: ProgressEvent) => void) | undefined} callback
 */
export function loadEvents(source, callback = () => {}) {
  const { name, file } = describe(source);
  let loaded = 0;
  let total = 0;
  /** @param {ProgressEvent["status"]} status */
  const tell = (status) => {
    const progress = status === "done" || status === "ready" ? 100 : total && (100 * loaded) / total;
    callback({ status, name, file, progress, loaded, total });
  };

  let downloading = false;
  return {
    begin: () => tell("initiate"),
    /** @param {LoadProgress} step */
    step: (step) => {
      ({ loaded, total } = step);
      if (!downloading) tell("download");
      downloading = true;
      tell(step.stage === "prepare" ? "done" : "progress");
    },
    ready: () => tell("ready"),
  };
}

/**
 * @param {ModelSource} source
 * @returns {{ name: string, file: string }}
 */
function describe(source) {
  if ("repo" in source) return { name: source.repo, file: source.repo };
  if ("id" in source) return { name: source.id, file: `${source.id}.gguf` };
  if ("url" in source) return { name: `${source.url}`, file: `${source.url}`.split(/[?#]/)[0].split("/").at(-1) ?? "" };
  const name = "file" in source && source.file instanceof File ? source.file.name : "blob";
  return { name, file: name };
}
