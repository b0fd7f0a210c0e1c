// @ts-check
import { Component } from "../../dom/component.js";
import { element } from "../../dom/element.js";
import { icon } from "../../dom/icon.js";
import { Sketch } from "./sketch.js";

const COLOURS = [
  { name: "Black", value: "#1d1d1f" },
  { name: "Red", value: "#d8342c" },
  { name: "Orange", value: "#f08a24" },
  { name: "Yellow", value: "#fcc21b" },
  { name: "Green", value: "#3f9b46" },
  { name: "Blue", value: "#2f7ed8" },
  { name: "Brown", value: "#8d5a3a" },
  { name: "White", value: "#ffffff" },
];
const WIDTHS = [
  { name: "Fine", value: 8 },
  { name: "Medium", value: 18 },
  { name: "Broad", value: 44 },
];
/** How far an arrow key moves the pen, of the paper's side. */
const KEY_STEP = 1 / 48;

/**
 * White paper to draw on with a mouse, a finger, a pen (its pressure counts) or the keyboard. Event `drawing` with
 * `detail.image`, an `ImageData`, or `null` when the paper is blank again; at most once a frame. `image` is the present one.
 */
export class DrawingPad extends Component {
  #canvas = element("canvas", {
    width: Sketch.SIDE,
    height: Sketch.SIDE,
    tabIndex: 0,
    role: "application",
    "aria-label": "Drawing area. Arrow keys move the pen; the space bar lowers and lifts it.",
  });
  #pen = element("span", { class: "key-pen", "aria-hidden": "true", hidden: true });
  #undo = element("button", { type: "button", class: "button" }, icon("undo"), "Undo");
  #clear = element("button", { type: "button", class: "button" }, icon("clear"), "Clear");
  #sketch = new Sketch(this.#canvas);
  #colour = COLOURS[0].value;
  #width = WIDTHS[1].value;
  #keyPen = { x: 0.5, y: 0.5, down: false };
  #frame = 0;

  build() {
    this.append(
      element("div", { class: "paper" }, this.#canvas, this.#pen),
      element(
        "div",
        { class: "pad-tools" },
        swatches("Colour", "pad-colour", COLOURS, this.#colour),
        swatches("Width", "pad-width", WIDTHS, this.#width),
        element("div", { class: "pad-buttons" }, this.#undo, this.#clear),
      ),
    );
    this.#changed();
  }

  attach() {
    const canvas = this.#canvas;
    this.listen(canvas, "pointerdown", (/** @type {PointerEvent} */ event) => this.#penDown(event));
    this.listen(canvas, "pointermove", (/** @type {PointerEvent} */ event) => this.#penMove(event));
    for (const end of ["pointerup", "pointercancel"]) this.listen(canvas, end, () => this.#penUp());
    this.listen(canvas, "keydown", (/** @type {KeyboardEvent} */ event) => this.#key(event));
    for (const type of ["focus", "blur"]) this.listen(canvas, type, () => this.#showKeyPen());
    this.listen(this.#undo, "click", () => this.#edit(() => this.#sketch.undo()));
    this.listen(this.#clear, "click", () => this.#edit(() => this.#sketch.clear()));
    this.listen(this, "keydown", (/** @type {KeyboardEvent} */ event) => {
      if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) this.#edit(() => this.#sketch.undo());
    });
    this.listen(this, "change", ({ target }) => {
      if (target.name === "pad-colour") this.#colour = target.value;
      else this.#width = Number(target.value);
    });
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  /** Puts the focus on the paper: its arrow keys and the space bar draw. @override */
  focus() {
    this.#canvas.focus({ preventScroll: true });
  }

  /** @returns {ImageData | null} */
  get image() {
    return this.#sketch.blank ? null : this.#sketch.pixels();
  }

  /** @param {PointerEvent} event */
  #penDown(event) {
    if (event.button !== 0) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#sketch.begin(this.#colour, this.#width, this.#point(event));
    this.#changed();
  }

  /** @param {PointerEvent} event */
  #penMove(event) {
    if (!this.#sketch.drawing) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length > 0 ? events : [event]) this.#sketch.extend(this.#point(each));
    this.#changed();
  }

  #penUp() {
    this.#sketch.end();
  }

  /** @param {PointerEvent} event */
  #point({ clientX, clientY, pressure, pointerType }) {
    const box = this.#canvas.getBoundingClientRect();
    return {
      x: (clientX - box.left) / box.width,
      y: (clientY - box.top) / box.height,
      pressure: pointerType === "pen" ? pressure : 0.5,
    };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const pen = this.#keyPen;
    const [dx, dy] = Reflect.get(
      { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
      event.key,
    ) ?? [0, 0];
    if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) this.#sketch.begin(this.#colour, this.#width, { ...pen, pressure: 0.5 });
      else this.#sketch.end();
    } else if (dx !== 0 || dy !== 0) {
      pen.x = Math.min(1, Math.max(0, pen.x + dx * KEY_STEP));
      pen.y = Math.min(1, Math.max(0, pen.y + dy * KEY_STEP));
      if (pen.down) this.#sketch.extend({ ...pen, pressure: 0.5 });
    } else return;
    event.preventDefault();
    this.#showKeyPen();
    this.#changed();
  }

  #showKeyPen() {
    this.#pen.hidden = !this.#canvas.matches(":focus-visible");
    this.#pen.toggleAttribute("data-down", this.#keyPen.down);
    this.#pen.style.setProperty("--x", String(this.#keyPen.x));
    this.#pen.style.setProperty("--y", String(this.#keyPen.y));
  }

  /** @param {() => void} edit */
  #edit(edit) {
    this.#keyPen.down = false;
    edit();
    this.#changed();
  }

  #changed() {
    this.#undo.disabled = this.#sketch.blank;
    this.#clear.disabled = this.#sketch.blank;
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.send("drawing", { image: this.image });
    });
  }
}

/**
 * A radio group of colours or widths.
 *
 * @param {string} legend
 * @param {string} name
 * @param {{ name: string, value: string | number }[]} choices
 * @param {string | number} chosen
 */
function swatches(legend, name, choices, chosen) {
  const group = element("fieldset", { class: name }, element("legend", { class: "visually-hidden" }, legend));
  for (const choice of choices) {
    const input = element("input", {
      type: "radio",
      name,
      value: String(choice.value),
      checked: choice.value === chosen,
      "aria-label": choice.name,
    });
    const dot = element("span", { class: "dot" });
    if (typeof choice.value === "string") dot.style.setProperty("--colour", choice.value);
    else dot.style.setProperty("--width", `${choice.value / 2.2}px`);
    group.append(element("label", { title: choice.name }, input, dot));
  }
  return group;
}

customElements.define("drawing-pad", DrawingPad);
