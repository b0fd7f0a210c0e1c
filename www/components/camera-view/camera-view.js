// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";

/** Pixels along the side of what is classified: more than any CLIP looks at. */
const SIDE = 384;
/** A frame goes out at most this often, in milliseconds; slower machines take what they can. */
const FRAME_MS = 80;

/** @type {Record<string, string>} */
const REFUSALS = {
  NotAllowedError:
    "This page has no permission to use the camera. Allow it in the address bar, then press Camera again.",
  NotFoundError: "No camera was found on this device.",
  NotReadableError: "Another program is using the camera. Close it, then press Camera again.",
};

const GONE = "The camera has stopped: it was unplugged, or its permission was withdrawn. Press Camera to try again.";

/**
 * The camera's live picture, cut to the square that the model sees. It runs while the element is in the document. Events:
 * `frame` with `detail.image`, an `ImageData`, again and again; `snapshot` with `detail.file`; `camera-fault` with
 * `detail.message`, a sentence.
 */
export class CameraView extends Component {
  #video = element("video", { muted: true, playsInline: true, "aria-label": "Live camera picture" });
  #shutter = element("button", { type: "button", class: "button" }, icon("camera"), "Take a picture");
  #canvas = element("canvas", { width: SIDE, height: SIDE });
  #timer = 0;

  build() {
    this.append(element("div", { class: "finder" }, this.#video), this.#shutter);
  }

  attach() {
    this.listen(this.#shutter, "click", () => this.#snap());
    this.#start();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    for (const track of /** @type {MediaStream | null} */ (this.#video.srcObject)?.getTracks() ?? []) track.stop();
    this.#video.srcObject = null;
  }

  async #start() {
    const signal = this.lifetime;
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotAllowedError");
      const stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 640 } },
      });
      if (signal.aborted) return stream.getTracks().forEach((track) => track.stop());
      this.#video.srcObject = stream;
      for (const track of stream.getTracks()) this.listen(track, "ended", () => this.send("camera-fault", { message: GONE }));
      await this.#video.play();
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted) return;
      const name = error instanceof DOMException ? error.name : "";
      this.send("camera-fault", { message: REFUSALS[name] ?? "The camera could not be started on this device." });
      return;
    }
    this.#timer = setInterval(() => this.#frame(), FRAME_MS);
  }

  #frame() {
    const context = this.#paint();
    if (context) this.send("frame", { image: context.getImageData(0, 0, SIDE, SIDE) });
  }

  /** Paints the middle square of the present frame; nothing before there is one. */
  #paint() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const side = Math.min(width, height);
    const context = this.#canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (side === 0 || !context) return null;
    context.drawImage(this.#video, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    return context;
  }

  #snap() {
    if (!this.#paint()) return;
    this.#canvas.toBlob((blob) => {
      if (blob) this.send("snapshot", { file: new File([blob], "Camera picture", { type: blob.type }) });
    });
  }
}

customElements.define("camera-view", CameraView);
