// @ts-check
/** @import { Demo } from "../../state/demo.js" */
/** @import { Origin } from "./caveats.js" */
/** @import { ClassifyParts } from "./classify-layout.js" */
/** @import { StagePicture } from "./picture-shelf.js" */
/** @import { PictureQuestion } from "./picture-question.js" */
/** @typedef {import("../../../pkg/engine/protocol/types.d.ts").ImageInput} ImageInput */
import "../../components/address-panel/address-panel.js";
import "../../components/camera-view/camera-view.js";
import "../../components/drawing-pad/drawing-pad.js";
import { element } from "../../dom/element.js";
import { modelFiles } from "../../dom/incoming-files.js";
import { inOneFile } from "../../state/in-one-file.js";
import { numberText } from "../../state/number-text.js";
import { clipboardPicture } from "./clipboard-picture.js";
import { pictureFault } from "./picture-fault.js";
import { MOST_OWN, PictureShelf } from "./picture-shelf.js";
import { fetchSamples } from "./samples.js";

/** What stands in place of the scores while there is no picture, or nothing is drawn yet. */
const EMPTY = "Open a picture, paste one, or draw.";
const DRAW = "Draw something that your labels describe.";

/**
 * The picture on the stage and every way to another one: samples, files, drop, paste, the drawing pad, the camera.
 *
 * Events: `chosen` with `detail.sample`, the sample's file name or `null`, and `detail.byItself` where no visitor chose;
 * `model-file` with `detail.files`; `blank` with
 * `detail.message` when there is nothing to classify; `gathered` when the visitor's pictures have changed.
 */
export class PictureColumn extends EventTarget {
  shelf = new PictureShelf();
  /**
   * What is on the stage. It `moves` where it is an instrument; `labels` are those of the last sample; `added` is 0 where it is no
   * picture that the visitor has added.
   */
  now = {
    title: "",
    moves: false,
    origin: /** @type {Origin} */ ("sample"),
    labels: /** @type {string[]} */ ([]),
    added: 0,
  };
  #parts;
  #inquiry;
  #signal;
  /** @type {StagePicture | null} */
  #shown = null;
  /** @type {ImageInput | null} the newest picture of the instrument on the stage */
  #live = null;
  /** @type {HTMLElement | null} the instrument on the stage */
  #mounted = null;
  /** What was on the stage before the instrument. @type {string | undefined} */
  #before;
  #pad = element("drawing-pad");

  /**
   * @param {ClassifyParts} parts
   * @param {PictureQuestion} inquiry
   * @param {AbortSignal} signal ends all listening
   */
  constructor(parts, inquiry, signal) {
    super();
    this.#parts = parts;
    this.#inquiry = inquiry;
    this.#signal = signal;
    parts.paste.hidden = !navigator.clipboard?.read;
    parts.camera.hidden = !navigator.mediaDevices;
    parts.address.hidden = inOneFile;
    this.#listen();
    this.#listenToInstruments();
  }

  /** Fetches the samples; a failure is told beside the stage. @param {Demo} demo */
  async openSamples(demo) {
    try {
      this.shelf.setSamples(await fetchSamples(demo, this.#signal));
    } catch (error) {
      this.fault = error;
    }
    this.#parts.sampleStrip.entries = this.shelf.samples;
  }

  /**
   * Shows the sample that the settings name; the first one while the stage is empty.
   *
   * @param {string | null} file
   */
  showSample(file) {
    const wanted = this.shelf.findSample(file) ?? (this.#shown || this.#mounted ? null : this.shelf.samples[0]);
    if (wanted && wanted !== this.#shown) this.#show(wanted);
  }

  /** Asks again about what is on the stage, after the model has changed. */
  again() {
    if (this.#shown) this.#inquiry.show(this.#shown.read);
    else if (this.#live) this.#inquiry.showLive(this.#live);
    else this.#tell("blank", { message: EMPTY });
  }

  /** The samples, the one on the stage first. */
  get samples() {
    const [shown, ...others] = new Set([this.#shown?.sample, ...this.shelf.samples.map(({ sample }) => sample)]);
    return [shown, ...others].filter((sample) => sample !== undefined);
  }

  set fault(/** @type {unknown} */ error) {
    this.#parts.pictureFault.fault = error === null ? null : pictureFault(error);
  }

  /** Shows the visitor's pictures anew, with what the model makes of each. */
  renderShelf() {
    this.#parts.ownStrip.entries = this.shelf.own;
    this.#parts.forget.hidden = this.shelf.own.length === 0;
  }

  #listen() {
    const { open, paste, address, addressPanel, fileInput, ownStrip, sampleStrip, forget } = this.#parts;
    this.#on(open, "click", () => fileInput.click());
    this.#on(fileInput, "change", () => {
      this.take([...(fileInput.files ?? [])]);
      fileInput.value = "";
    });
    this.#on(paste, "click", () => this.#paste());
    this.#on(address, "click", () => (addressPanel.open ? this.#closePanel() : this.ask("")));
    this.#on(addressPanel, "address-picture", ({ detail }) => this.take([detail.file]));
    for (const strip of [ownStrip, sampleStrip])
      this.#on(strip, "choose-picture", ({ detail }) => this.#choose(detail.id));
    this.#on(forget, "click", () => {
      this.shelf.forgetOwn();
      this.renderShelf();
      if (this.#shown && !this.#shown.sample) this.#choose(this.shelf.samples[0]?.id);
    });
  }

  #listenToInstruments() {
    const { stage, draw, camera } = this.#parts;
    const pressed = (/** @type {HTMLButtonElement} */ button) => button.getAttribute("aria-pressed") === "true";
    this.#on(draw, "click", () =>
      pressed(draw) ? this.#leave() : this.#mount(this.#pad, draw, "Drawing", DRAW),
    );
    this.#on(camera, "click", () =>
      pressed(camera) ? this.#leave() : this.#mount(element("camera-view"), camera, "Camera", "The camera is starting."),
    );
    this.#on(stage, "drawing", ({ detail }) => this.#follow(detail.image));
    this.#on(stage, "frame", ({ detail }) => this.#follow(detail.image));
    this.#on(stage, "snapshot", ({ detail }) => this.take([detail.file], "camera"));
    this.#on(stage, "camera-fault", ({ detail }) => {
      this.#leave();
      this.fault = detail.message;
    });
    this.#on(document, "visibilitychange", () => document.hidden && this.stopCamera());
  }

  /** Stops the camera, because its view was left; the previous picture comes back. */
  stopCamera() {
    if (this.#mounted?.localName !== "camera-view") return;
    this.#leave(true);
    this.#note = "The camera stopped because you left this view. Press Camera to start it again.";
  }

  set #note(/** @type {string} */ words) {
    this.#parts.pictureNote.textContent = words;
    this.#parts.pictureNote.hidden = words === "";
  }

  /**
   * Puts an instrument on the stage in place of a picture.
   *
   * @param {HTMLElement} instrument
   * @param {HTMLButtonElement} button
   * @param {string} title
   * @param {string} invitation
   */
  #mount(instrument, button, title, invitation) {
    this.#before = this.#shown?.id ?? this.#before;
    this.#clearStage();
    const origin = instrument === this.#pad ? "drawing" : "camera";
    this.now = { ...this.now, title, moves: true, origin, added: 0 };
    this.#mounted = instrument;
    this.#parts.stage.instrument = instrument;
    button.setAttribute("aria-pressed", "true");
    this.#tell("chosen", { sample: null });
    this.#tell("blank", { message: invitation });
    if (instrument === this.#pad && this.#pad.image) this.#follow(this.#pad.image);
    if (instrument === this.#pad) this.#pad.focus();
  }

  /** Takes the instrument off the stage; what was there before comes back. @param {boolean} [byItself] */
  #leave(byItself) {
    const before = this.shelf.find(this.#before) ?? this.shelf.samples[0];
    if (before) return this.#choose(before.id, byItself);
    this.#clearStage();
    this.#tell("blank", { message: EMPTY });
  }

  /** @param {ImageData | null} image */
  #follow(image) {
    this.#live = image;
    if (image) this.#inquiry.showLive(image);
    else {
      this.#inquiry.clear();
      this.#tell("blank", { message: DRAW });
    }
  }

  #clearStage() {
    const { stage, draw, camera, ownStrip, sampleStrip } = this.#parts;
    this.#shown = null;
    this.#live = null;
    this.#mounted = null;
    this.#inquiry.clear();
    stage.instrument = null;
    this.fault = null;
    this.#note = "";
    this.#closePanel();
    ownStrip.chosen = null;
    sampleStrip.chosen = null;
    for (const button of [draw, camera]) button.setAttribute("aria-pressed", "false");
  }

  /**
   * Puts files of the visitor's on the shelf, and the first on the stage.
   *
   * @param {File[]} files
   * @param {Origin} [origin]
   */
  take(files, origin = "own") {
    const model = modelFiles(files);
    if (model.length > 0) return this.#tell("model-file", { files: model });
    if (files.length === 0) return;
    const [first] = this.shelf.add(files, origin);
    this.renderShelf();
    this.#choose(first.id);
    if (files.length > MOST_OWN)
      this.#note = `Only the first ${MOST_OWN} of ${numberText.count(files.length)} files are shown. The Dataset tab takes any number.`;
    this.#tell("gathered");
  }

  /** Offers to ask another site; nothing is asked yet. @param {string} address */
  ask(address) {
    if (inOneFile) {
      this.fault = "This page is a single file and makes no requests to other sites. Save the picture to this device, then open the file.";
      return;
    }
    this.#parts.address.setAttribute("aria-pressed", "true");
    this.#parts.addressPanel.address = address;
  }

  #closePanel() {
    this.#parts.address.setAttribute("aria-pressed", "false");
    this.#parts.addressPanel.open = false;
  }

  async #paste() {
    try {
      this.take([await clipboardPicture()]);
    } catch (error) {
      this.fault = error;
    }
  }

  /** @param {string | undefined} id @param {boolean} [byItself] */
  #choose(id, byItself = false) {
    const picture = this.shelf.find(id);
    if (!picture) return;
    this.#show(picture);
    this.#tell("chosen", { sample: picture.sample?.file ?? null, byItself });
  }

  /** @param {StagePicture} picture */
  #show(picture) {
    const { title, alt, src, sample, origin, read, id, added = 0 } = picture;
    this.#clearStage();
    this.#shown = picture;
    this.now = { title, moves: false, origin, labels: sample?.labels ?? this.now.labels, added };
    this.#parts.stage.picture = { src, alt, caption: title };
    this.#parts.ownStrip.chosen = id;
    this.#parts.sampleStrip.chosen = id;
    this.#inquiry.show(read);
  }

  /**
   * @param {EventTarget} target
   * @param {string} type
   * @param {(event: any) => void} handler
   */
  #on(target, type, handler) {
    target.addEventListener(type, handler, { signal: this.#signal });
  }

  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
