// @ts-check
/**
 * @typedef {{ x: number, y: number, pressure: number }} PenPoint the place as a share of the paper's side, the pressure in 0..1
 * @typedef {{ colour: string, width: number, points: PenPoint[] }} Stroke
 */

/** How many times the stroke's width full pressure gives; half pressure, which a mouse reports, gives one. */
const FULL_PRESSURE = 2;
const PAPER = "#ffffff";

/** Strokes on white paper: kept as points, so that the last one can be taken back. */
export class Sketch {
  /** Pixels along a side of the paper. */
  static SIDE = 448;

  #context;
  /** @type {Stroke[]} */
  #strokes = [];
  /** @type {Stroke | null} */
  #current = null;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });
    if (!context) throw new Error("This browser provides no canvas to draw on.");
    this.#context = context;
    this.#repaint();
  }

  get blank() {
    return this.#strokes.length === 0;
  }

  get drawing() {
    return this.#current !== null;
  }

  /**
   * @param {string} colour
   * @param {number} width pixels of the paper
   * @param {PenPoint} point
   */
  begin(colour, width, point) {
    this.#current = { colour, width, points: [point] };
    this.#strokes.push(this.#current);
    this.#segment(this.#current, 0);
  }

  /** @param {PenPoint} point */
  extend(point) {
    if (!this.#current) return;
    this.#current.points.push(point);
    this.#segment(this.#current, this.#current.points.length - 1);
  }

  end() {
    this.#current = null;
  }

  undo() {
    this.end();
    this.#strokes.pop();
    this.#repaint();
  }

  clear() {
    this.end();
    this.#strokes = [];
    this.#repaint();
  }

  /** The paper's pixels: `SIDE` × `SIDE`. */
  pixels() {
    return this.#context.getImageData(0, 0, Sketch.SIDE, Sketch.SIDE);
  }

  #repaint() {
    this.#context.fillStyle = PAPER;
    this.#context.fillRect(0, 0, Sketch.SIDE, Sketch.SIDE);
    for (const stroke of this.#strokes) stroke.points.forEach((_, index) => this.#segment(stroke, index));
  }

  /**
   * Draws from the point before `index` to the one at it; a dot for the first.
   *
   * @param {Stroke} stroke
   * @param {number} index
   */
  #segment({ colour, width, points }, index) {
    const [from, to] = [points[Math.max(0, index - 1)], points[index]];
    const context = this.#context;
    const breadth = Math.max(2, width * FULL_PRESSURE * to.pressure);
    context.beginPath();
    if (index === 0) {
      // A line of no length leaves no mark.
      context.fillStyle = colour;
      context.arc(to.x * Sketch.SIDE, to.y * Sketch.SIDE, breadth / 2, 0, 2 * Math.PI);
      context.fill();
      return;
    }
    context.strokeStyle = colour;
    context.lineWidth = breadth;
    context.lineCap = "round";
    context.moveTo(from.x * Sketch.SIDE, from.y * Sketch.SIDE);
    context.lineTo(to.x * Sketch.SIDE, to.y * Sketch.SIDE);
    context.stroke();
  }
}
