// A small plot in SVG, drawn in real pixels: scales, ticks, lines. Colours come from classes in base.css.

function s(tag, attributes = {}, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function linear(low, high, from, to) {
  const scale = (value) => from + ((value - low) / (high - low)) * (to - from);
  scale.invert = (pixel) => low + ((pixel - from) / (to - from)) * (high - low);
  scale.ticks = (count = 5) => {
    const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= raw);
    const ticks = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) {
      ticks.push([k * step, digits(k * step, 6)]);
    }
    return ticks;
  };
  return scale;
}

function logarithmic(low, high, from, to) {
  const inner = linear(Math.log10(low), Math.log10(high), from, to);
  const scale = (value) => inner(Math.log10(Math.max(value, 1e-300)));
  scale.invert = (pixel) => 10 ** inner.invert(pixel);
  scale.ticks = (most = 6) => {
    const ticks = [], bottom = Math.ceil(Math.log10(low) - 1e-9), top = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.max(1, Math.ceil((top - bottom + 1) / most));
    for (let k = bottom; k <= top; k += every) ticks.push([10 ** k, power10(k)]);
    return ticks;
  };
  return scale;
}

function power10(exponent) {
  if (exponent >= -2 && exponent <= 3) return String(Number((10 ** exponent).toPrecision(1)));
  const raised = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079";
  const digit = (character) => (character === "-" ? "\u207b" : raised[character]);
  return "10" + [...String(exponent)].map(digit).join("");
}

// A coordinate as text; one far outside stays near the frame, so that strokes remain cheap.
const px = (pixel) => Math.min(9999, Math.max(-9999, pixel)).toFixed(1);

function line(xs, ys, x, y) {
  let path = "";
  for (let i = 0; i < xs.length; i++) {
    const across = x(xs[i]), up = y(ys[i]);
    if (Number.isFinite(across) && Number.isFinite(up)) path += `${path ? "L" : "M"}${px(across)} ${px(up)}`;
  }
  return path;
}

// A figure: caption, a described svg, and a layer of axes beneath one of marks that is clipped to the frame.
const MARGIN = { left: 46, right: 10, top: 8, bottom: 22 };
function plot({ caption, description, height, margin = MARGIN }) {
  const svg = s("svg", { role: "img", "aria-label": description, height });
  const axes = s("g"), clip = s("clipPath", { id: newId() });
  const frame = s("rect"), marks = s("g", { "clip-path": `url(#${clip.id})` });
  clip.append(frame);
  svg.append(clip, axes, marks);
  const element = h("figure", {}, h("figcaption", {}, caption), svg);
  const box = { left: margin.left, top: margin.top, bottom: height - margin.bottom, right: 0 };
  return {
    element, svg, marks, box,
    add(tag, className) { return marks.appendChild(s(tag, { class: className })); },
    resize(width) {
      box.right = Math.max(box.left + 40, width - margin.right);
      svg.setAttribute("width", width);
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      place(frame, around(box));
    },
    label(text) { // beneath the ticks, to the right
      axes.append(s("text", { x: box.right, y: height - 4, "text-anchor": "end" }, text));
    },
    drawAxes(x, y) {
      const parts = [s("rect", { class: "wash-fill", ...around(box) })];
      for (const [value, text] of x?.ticks(Math.max(2, (box.right - box.left) / 60)) ?? []) {
        parts.push(s("line", { class: "faint-line", x1: x(value), x2: x(value), y1: box.top, y2: box.bottom }));
        parts.push(s("text", { x: x(value), y: box.bottom + 14, "text-anchor": "middle" }, text));
      }
      for (const [value, text] of y?.ticks(4) ?? []) {
        parts.push(s("line", { class: "faint-line", x1: box.left, x2: box.right, y1: y(value), y2: y(value) }));
        parts.push(s("text", { x: box.left - 5, y: y(value) + 4, "text-anchor": "end" }, text));
      }
      axes.replaceChildren(...parts);
    },
  };
}

// A second way to what a slider sets, for a pointer: `go` gets how far right it is, within the frame.
function follow({ svg, box }, go) {
  svg.classList.add("fb-reach");
  const moved = (event) => {
    const x = event.clientX - svg.getBoundingClientRect().left;
    if (event.buttons) go(Math.min(box.right, Math.max(box.left, x)));
  };
  svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); moved(event); });
  svg.addEventListener("pointermove", moved);
}

const around = ({ left, top, right, bottom }) => ({ x: left, y: top, width: right - left, height: bottom - top });

function place(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
