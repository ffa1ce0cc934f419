// The evidence of a string: strip, class map under it, the path on the map, the digits above.

import { colour, css, fitted } from "./colours.js";

const GUTTER = 30, RIGHT = 12, HEAD = 62, FUNNEL = 30, GAP = 5, FOOT = 8;
const MAX_SCALE = 5, MIN_SCALE = 1.6;
const NO_DIGIT = 10;
const SWEEP_MS = 2600;

export class Figure {
  #explanation = null;
  #digits = [];
  #strip = null;
  #column = null;
  #revealed = Infinity;
  #run = 0;
  #layout = null;

  /** @param {(column: number|null, probs: number[]|null) => void} onColumn follows the window */
  constructor(canvas, scroller, onColumn) {
    Object.assign(this, { canvas, scroller, onColumn });
    canvas.addEventListener("pointermove", (event) => this.#point(event));
    canvas.addEventListener("pointerdown", (event) => this.#point(event));
    canvas.addEventListener("pointerleave", () => this.#select(null));
    scroller.addEventListener("keydown", (event) => this.#key(event));
    scroller.addEventListener("blur", () => this.#select(null));
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  get isShown() { return this.#explanation !== null; }

  /** Shows a string; without one the figure is empty. */
  async show(explanation, digits, text) {
    this.#run += 1;
    const run = this.#run;
    this.#revealed = Infinity;
    this.#column = null;
    const strip = explanation ? await loaded(explanation.strip) : null;
    if (run !== this.#run) return;
    this.#explanation = explanation;
    this.#digits = digits;
    this.#strip = strip;
    const label = explanation
      ? `Strip with ${digits.length} digits, ${explanation.probs.length} columns of class probabilities, and the path that spells ${text}`
      : "No strip yet";
    this.canvas.setAttribute("aria-label", label);
    this.draw();
  }

  /** Slides the window over the strip, and reveals map, path and digits behind it. */
  sweep() {
    if (!this.#explanation) return;
    const run = (this.#run += 1);
    const columns = this.#explanation.probs.length;
    const started = performance.now();
    const step = (now) => {
      if (run !== this.#run) return;
      const at = Math.floor(((now - started) / SWEEP_MS) * columns);
      this.#revealed = at;
      if (at >= columns) { this.#revealed = Infinity; this.#select(null); return; }
      this.#follow(at);
      this.#select(Math.max(0, at));
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  draw() {
    const room = this.scroller.clientWidth;
    if (!room) return;
    const explanation = this.#explanation;
    if (!explanation) { this.#drawEmpty(room); return; }
    const [stripWidth, stripHeight] = explanation.strip_px;
    const wanted = (room - GUTTER - RIGHT) / stripWidth;
    const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, wanted));
    const row = room < 600 ? 13 : 15;
    const width = Math.max(room, GUTTER + stripWidth * scale + RIGHT);
    const left = GUTTER + Math.max(0, (width - GUTTER - RIGHT - stripWidth * scale) / 2);
    const top = HEAD, mapTop = HEAD + stripHeight * scale + FUNNEL;
    this.#layout = { scale, left, top, mapTop, row, stripBottom: top + stripHeight * scale };
    const context = fitted(this.canvas, width, mapTop + 11 * row + GAP + FOOT);
    this.#drawStrip(context, stripWidth, stripHeight);
    this.#drawDigits(context);
    this.#drawMap(context);
    this.#drawPath(context);
    if (this.#column !== null) this.#drawWindow(context, stripHeight);
  }

  #x(px) { return this.#layout.left + px * this.#layout.scale; }
  #edge(column) {
    const { window_px, stride_px, offset_px } = this.#explanation;
    return this.#x(offset_px + window_px / 2 + (column - 0.5) * stride_px);
  }
  #y(label) { return this.#layout.mapTop + label * this.#layout.row + (label === NO_DIGIT ? GAP : 0); }

  #drawEmpty(room) {
    const context = fitted(this.canvas, room, 220);
    context.fillStyle = css(colour("line"), 0.6);
    for (let label = 0; label < 11; label += 1) {
      context.fillRect(GUTTER, 30 + label * 15 + (label === NO_DIGIT ? GAP : 0), room - GUTTER - RIGHT, 1);
    }
    this.#names(context, (label) => 30 + label * 15 + (label === NO_DIGIT ? GAP : 0), GUTTER);
  }

  #names(context, y, left) {
    context.font = "12px ui-sans-serif, system-ui, sans-serif";
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillStyle = css(colour("quiet"));
    for (let label = 0; label < 11; label += 1) {
      context.fillText(label === NO_DIGIT ? "–" : String(label), left - 10, y(label));
    }
  }

  #drawStrip(context, width, height) {
    const { top, scale } = this.#layout;
    context.fillStyle = css(colour("sheet"));
    context.fillRect(this.#x(0), top, width * scale, height * scale);
    context.imageSmoothingEnabled = false;
    context.drawImage(inked(this.#strip, colour("ink")), this.#x(0), top, width * scale, height * scale);
  }

  #drawDigits(context) {
    const { top, scale, stripBottom, mapTop } = this.#layout;
    const accent = colour("accent");
    const { boxes, spans } = this.#explanation;
    let free = 0; // right end of the last confidence
    boxes.forEach(([x0, y0, x1, y1], index) => {
      if (!this.#digits[index] || spans[index][2] > this.#revealed) return;
      const [, first, last] = spans[index];
      const box = [this.#x(x0), top + y0 * scale, (x1 - x0) * scale, (y1 - y0) * scale];
      context.fillStyle = css(accent, 0.1);
      context.beginPath();
      context.moveTo(box[0], box[1] + box[3]);
      context.lineTo(box[0], stripBottom);
      context.lineTo(this.#edge(first), mapTop);
      context.lineTo(this.#edge(last + 1), mapTop);
      context.lineTo(box[0] + box[2], stripBottom);
      context.lineTo(box[0] + box[2], box[1] + box[3]);
      context.fill();
      context.strokeStyle = css(accent, 0.85);
      context.lineWidth = 1.5;
      context.beginPath();
      context.roundRect(...box, 4);
      context.stroke();
      const middle = box[0] + box[2] / 2;
      context.textAlign = "center";
      context.textBaseline = "alphabetic";
      context.fillStyle = css(colour("ink"));
      context.font = `${box[2] < 20 ? 20 : 28}px ui-serif, Palatino, Georgia, "Liberation Serif", serif`;
      context.fillText(this.#digits[index].digit, middle, top - 24);
      context.fillStyle = css(colour("quiet"));
      context.font = "12px ui-sans-serif, system-ui, sans-serif";
      const confidence = percent(this.#digits[index].confidence);
      const left = middle - context.measureText(confidence).width / 2;
      if (left < free) return;
      context.fillText(confidence, middle, top - 7);
      free = middle + context.measureText(confidence).width / 2 + 6;
    });
  }

  #drawMap(context) {
    const { row } = this.#layout;
    const { probs } = this.#explanation;
    const first = this.#edge(0), last = this.#edge(probs.length);
    this.#names(context, (label) => this.#y(label) + row / 2, Math.max(GUTTER, first));
    const heat = colour("heat"), none = colour("none");
    for (let label = 0; label < 11; label += 1) {
      const y = this.#y(label);
      context.fillStyle = css(colour("sheet"));
      context.fillRect(first, y, last - first, row - 1);
      probs.forEach((column, at) => {
        if (column[label] < 0.002 || at > this.#revealed) return;
        // The square root makes a rival of a few per cent visible.
        context.fillStyle = css(label === NO_DIGIT ? none : heat, Math.sqrt(column[label]));
        const x = this.#edge(at);
        context.fillRect(x, y, this.#edge(at + 1) - x + 0.3, row - 1);
      });
    }
  }

  #drawPath(context) {
    const { row } = this.#layout;
    const shown = this.#explanation.path.filter((_, at) => at <= this.#revealed);
    if (shown.length === 0) return;
    const accent = css(colour("accent"));
    context.strokeStyle = accent;
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.beginPath();
    shown.forEach((label, at) => {
      const y = this.#y(label) + (row - 1) / 2;
      context.lineTo(this.#edge(at), y);
      context.lineTo(this.#edge(at + 1), y);
    });
    context.stroke();
    shown.forEach((label, at) => {
      if (label === NO_DIGIT) return;
      const x = (this.#edge(at) + this.#edge(at + 1)) / 2, y = this.#y(label) + (row - 1) / 2;
      const radius = Math.min(5, Math.max(2.4, 0.3 * (this.#edge(1) - this.#edge(0))));
      for (const [size, style] of [[radius + 1.4, css(colour("sheet"))], [radius, accent]]) {
        context.fillStyle = style;
        context.beginPath();
        context.arc(x, y, size, 0, 2 * Math.PI);
        context.fill();
      }
    });
  }

  #drawWindow(context, stripHeight) {
    const { top, scale, mapTop, row } = this.#layout;
    const { window_px, stride_px, offset_px } = this.#explanation;
    const x = this.#x(offset_px + this.#column * stride_px);
    const accent = colour("ink");
    context.fillStyle = css(accent, 0.06);
    context.strokeStyle = css(accent, 0.9);
    context.lineWidth = 1.5;
    context.fillRect(x, top, window_px * scale, stripHeight * scale);
    context.strokeRect(x, top, window_px * scale, stripHeight * scale);
    const left = this.#edge(this.#column), right = this.#edge(this.#column + 1);
    context.beginPath();
    context.moveTo((left + right) / 2, top + stripHeight * scale);
    context.lineTo((left + right) / 2, mapTop);
    context.stroke();
    context.strokeRect(left, mapTop - 1, right - left, 11 * row + GAP + 1);
  }

  #point(event) {
    if (!this.#explanation) return;
    if (this.#revealed !== Infinity) { this.#run += 1; this.#revealed = Infinity; }
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const column = Math.floor((x - this.#edge(0)) / (this.#edge(1) - this.#edge(0)));
    const inside = column >= 0 && column < this.#explanation.probs.length;
    this.#select(inside ? column : null);
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -1e6, End: 1e6 }[event.key];
    if (!step || !this.#explanation) return;
    event.preventDefault();
    const last = this.#explanation.probs.length - 1;
    const column = Math.min(last, Math.max(0, (this.#column ?? (step > 0 ? -1 : last + 1)) + step));
    this.#follow(column);
    this.#select(column);
  }

  #follow(column) {
    const { scrollWidth, clientWidth } = this.scroller;
    if (scrollWidth > clientWidth) this.scroller.scrollLeft = this.#edge(column) - clientWidth / 2;
  }

  #select(column) {
    this.#column = column;
    this.draw();
    this.onColumn(column, column === null ? null : this.#explanation.probs[column]);
  }
}

export function percent(share) {
  if (share > 0 && share < 0.001) return "< 0.1 %";
  const digits = share < 0.1 || share > 0.99 ? 1 : 0;
  const text = (100 * share).toFixed(digits);
  return share < 1 && text === "100.0" ? "> 99.9 %" : `${text.replace(".0", "")} %`;
}

async function loaded(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

/** A strip as ink of a colour on nothing, for light and dark paper. */
function inked(image, [red, green, blue]) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, image.width, image.height);
  for (let at = 0; at < pixels.data.length; at += 4) {
    const ink = 255 - pixels.data[at];
    pixels.data.set([red, green, blue, ink], at);
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}
