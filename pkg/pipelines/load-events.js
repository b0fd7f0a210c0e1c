// @ts-check
/** @import { LoadProgress, ModelSource } from "../engine/protocol/types.js" */
/** @import { ProgressEvent } from "../index.js" */
/**
 * Reports loading with the events of transformers.js: `initiate`, `download`, any number of `progress_total` and `progress`,
 * `done`, `ready`. All files of a model count as one.
 * @param {string} task
 * @param {unknown} model as it was named in the call
 * @param {ModelSource} source
 * @param {((event: ProgressEvent) => void) | null | undefined} callback
 */
export function loadEvents(task, model, source, callback) {
  const tell = callback ?? (() => {});
  const file = fileOf(source);
  const name = typeof model === "string" ? model : "file" in source ? file : `${model}`;
  let isBegun = false;
  let isDone = false;
  let isDownload = false;
  /** @type {{ loaded: number, total: number }} */
  let last = { loaded: 0, total: 0 };
  const tellProgress = () => {
    const progress = last.total && (100 * last.loaded) / last.total;
    tell({ status: "progress_total", name, progress, ...last, files: { [file]: { ...last } } });
    tell({ status: "progress", name, file, progress, ...last });
  };
  const begin = () => {
    if (!isBegun) tell({ status: "download", name, file });
    isBegun = true;
  };
  const finish = () => {
    if (isDone) return;
    isDone = true;
    begin();
    if (last.loaded < last.total) {
      last = { loaded: last.total, total: last.total };
      tellProgress();
    }
    tell({ status: "done", name, file });
  };
  return {
    begin: () => tell({ status: "initiate", name, file }),
    /** @param {LoadProgress} step */
    step: ({ loaded, total, stage }) => {
      if (stage === "prepare") return finish();
      begin();
      isDownload ||= stage === "download";
      // What was downloaded is read again from the store: that is not told, so that `loaded` never falls.
      if (isDone || (isDownload && stage === "read")) return;
      last = { loaded, total };
      tellProgress();
    },
    ready: () => {
      finish();
      tell({ status: "ready", task, model: name });
    },
  };
}

/** @param {ModelSource} source */
function fileOf(source) {
  if ("repo" in source) return source.repo;
  if ("id" in source) return `${source.id}.gguf`;
  if ("url" in source) return `${source.url}`.split(/[?#]/)[0].split("/").at(-1) ?? "";
  return "file" in source && source.file instanceof File ? source.file.name : "blob";
}
