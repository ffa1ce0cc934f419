// The paper: strokes that are written, or a picture that is shown, with the boxes of its digits.

import { colour, css, fitted } from "./colours.js";

const PEN_PX = 5;
const PICTURE_MAX_PX = 900; // longer side of the picture that is sent

export class Pad {
  #strokes = [];
  #stroke = null;
  #picture = null;
  #file = null;
  #boxes = [];
  #size = [1, 1];
  #writing = 0;

  /** @param {() => void} onChange is called after every change of the paper */
  constructor(root, onChange) {
    this.root = root;
    this.paper = root.querySelector("#paper");
    this.overlay = root.querySelector("#overlay");
    this.onChange = onChange;
    this.paper.addEventListener("pointerdown", (event) => this.#begin(event));
    this.paper.addEventListener("pointermove", (event) => this.#move(event));
    for (const kind of ["pointerup", "pointercancel"]) {
      this.paper.addEventListener(kind, () => this.#end());
    }
    new ResizeObserver(() => this.draw()).observe(root);
  }

  get isEmpty() { return this.#strokes.length === 0 && this.#file === null; }
  get isPicture() { return this.#file !== null; }
  get canUndo() { return this.#strokes.length > 0 || this.#file !== null; }

  clear() {
    this.#writing += 1;
    this.#strokes = [];
    this.#stroke = null;
    this.#file = null;
    this.#picture = null;
    this.#changed();
  }

  undo() {
    this.#writing += 1;
    if (this.#file) { this.clear(); return; }
    this.#strokes.pop();
    this.#changed();
  }

  /** Shows a file; its picture comes with the answer, since a browser cannot decode all that the server reads. */
  show(file) {
    this.clear();
    this.#file = file;
    this.#changed();
  }

  /** Shows the picture of the file, upright. */
  setPicture(address) {
    const image = new Image();
    image.onload = () => { if (this.#file) { this.#picture = image; this.draw(); } };
    image.src = address;
  }

  /** Writes strokes as a pen would, in the time that a pen takes. */
  async write(strokes) {
    this.clear();
    const writing = this.#writing;
    const { width, height } = this.root.getBoundingClientRect();
    const points = strokes.flat();
    const across = Math.max(...points.map(([x]) => x)), down = Math.max(...points.map(([, y]) => y));
    const scale = Math.min((width * 0.84) / across, (height * 0.6) / down);
    const left = (width - across * scale) / 2, top = (height - down * scale) / 2;
    const isSlow = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    for (const stroke of strokes) {
      const drawn = [];
      this.#strokes.push(drawn);
      for (const [index, [x, y]] of stroke.entries()) {
        drawn.push([(left + x * scale) / width, (top + y * scale) / width, 0.5]);
        if (isSlow && index % 3 === 2) {
          this.#changed();
          await new Promise(requestAnimationFrame);
          if (writing !== this.#writing) return;
        }
      }
      this.#changed();
    }
  }

  /** Draws boxes of digits, in pixels of the picture that was sent. */
  setBoxes(boxes, [width, height]) {
    this.#boxes = boxes;
    this.#size = [width, height];
    this.#drawBoxes();
  }

  /** The picture to send: the file, or the strokes as PNG. */
  async picture() {
    if (this.#file) return this.#file;
    if (this.#strokes.length === 0) return null;
    const { width, height } = this.root.getBoundingClientRect();
    const scale = Math.min(1, PICTURE_MAX_PX / width);
    const canvas = new OffscreenCanvas(Math.round(width * scale), Math.round(height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    this.#drawStrokes(context, canvas.width, PEN_PX * scale, "#000");
    return canvas.convertToBlob({ type: "image/png" });
  }

  draw() {
    const { width, height } = this.root.getBoundingClientRect();
    if (!width) return;
    const context = fitted(this.paper, width, height);
    if (this.#picture) {
      const { scale, left, top } = this.#place(this.#picture.width, this.#picture.height);
      context.imageSmoothingEnabled = scale < 2;
      context.drawImage(this.#picture, left, top, this.#picture.width * scale, this.#picture.height * scale);
    }
    this.#drawStrokes(context, width, PEN_PX, css(colour("ink")));
    this.#drawBoxes();
  }

  #place(pictureWidth, pictureHeight) {
    const { width, height } = this.root.getBoundingClientRect();
    if (!this.#file) return { scale: width / pictureWidth, left: 0, top: 0 };
    const scale = Math.min((width - 32) / pictureWidth, (height - 32) / pictureHeight);
    return { scale, left: (width - pictureWidth * scale) / 2, top: (height - pictureHeight * scale) / 2 };
  }

  #drawStrokes(context, width, pen, style) {
    context.strokeStyle = context.fillStyle = style;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.#strokes) {
      if (stroke.length === 1) {
        context.beginPath();
        context.arc(stroke[0][0] * width, stroke[0][1] * width, pen / 2, 0, 2 * Math.PI);
        context.fill();
      }
      for (let at = 1; at < stroke.length; at += 1) {
        const [[x0, y0], [x1, y1, pressure]] = [stroke[at - 1], stroke[at]];
        context.lineWidth = pen * (0.6 + 0.8 * pressure);
        context.beginPath();
        context.moveTo(x0 * width, y0 * width);
        context.lineTo(x1 * width, y1 * width);
        context.stroke();
      }
    }
  }

  #drawBoxes() {
    const { width, height } = this.root.getBoundingClientRect();
    const context = fitted(this.overlay, width, height);
    const { scale, left, top } = this.#place(...this.#size);
    for (const { box: [x0, y0, x1, y1], digit, isChosen } of this.#boxes) {
      context.strokeStyle = css(colour("accent"), isChosen ? 0.9 : 0.35);
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(left + x0 * scale, top + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale, 4);
      context.stroke();
      context.fillStyle = css(colour("accent"), isChosen ? 1 : 0.5);
      context.font = "600 13px ui-sans-serif, system-ui, sans-serif";
      context.textAlign = "center";
      context.strokeStyle = css(colour("sheet"), 0.8);
      context.lineWidth = 4;
      context.lineJoin = "round";
      context.strokeText(digit, left + ((x0 + x1) / 2) * scale, Math.max(12, top + y0 * scale - 5));
      context.fillText(digit, left + ((x0 + x1) / 2) * scale, Math.max(12, top + y0 * scale - 5));
    }
  }

  #begin(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#writing += 1;
    if (this.#file) this.clear();
    try { this.paper.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    this.#stroke = [];
    this.#strokes.push(this.#stroke);
    this.#add(event);
  }

  #move(event) {
    if (!this.#stroke) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) this.#add(each, false);
    this.#changed();
  }

  #add(event, isWhole = true) {
    const { left, top, width } = this.paper.getBoundingClientRect();
    const pressure = event.pointerType === "pen" && event.pressure ? event.pressure : 0.5;
    this.#stroke.push([(event.clientX - left) / width, (event.clientY - top) / width, pressure]);
    if (isWhole) this.#changed();
  }

  #end() {
    if (!this.#stroke) return;
    this.#stroke = null;
    this.#changed();
  }

  #changed() {
    if (this.isEmpty) this.#boxes = [];
    this.root.classList.toggle("used", !this.isEmpty);
    this.root.classList.toggle("picture", this.isPicture);
    this.draw();
    this.onChange();
  }
}
