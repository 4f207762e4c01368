// The field to draw in: mouse, finger, pen, or the arrow keys and Space.

function makePad({ onDraw, onEnd }) {
  const svg = s("svg", {
    class: "fb-cells fb-pad", viewBox: "0 0 28 28", tabindex: "0", role: "application", "data-input": "pad",
    "aria-label": "Drawing field: draw with mouse, finger or pen; or move with the arrow keys, Space puts the " +
      "pen down and lifts it",
  });
  const beneath = s("g"), lines = s("g", { class: "fb-strokes" });
  const cursor = s("circle", { class: "fb-cursor", r: 1.4 });
  const hint = s("text", { x: 14, y: 14.8, "text-anchor": "middle", class: "fb-hint" }, "draw here");
  const base = makeCells(beneath, ["ink"]);
  svg.append(beneath, hint, lines, cursor);
  let strokes = [], paths = [], stroke = null, pointer = null, at = [14, 7], shown;

  const path = (points) => `M${points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L")}` +
    (points.length === 1 ? "h0.001" : ""); // a dot needs a length for its round ends
  function begin(point) {
    stroke = [point];
    strokes.push(stroke);
    paths.push(lines.appendChild(s("path", { d: path(stroke) })));
    onDraw();
  }
  function go(point) {
    stroke.push(point);
    place(paths[paths.length - 1], { d: path(stroke) });
    onDraw();
  }
  function end() {
    if (!stroke) return;
    stroke = pointer = null;
    svg.classList.remove("fb-down");
    onEnd();
  }

  const within = (value) => Math.min(SIDE, Math.max(0, value));
  const where = ({ clientX, clientY }) => {
    const { left, top, width, height } = svg.getBoundingClientRect();
    return [within(((clientX - left) / width) * SIDE), within(((clientY - top) / height) * SIDE)];
  };
  svg.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button) return;
    end(); // a stroke of the keyboard
    pointer = event.pointerId;
    svg.setPointerCapture(pointer);
    begin(where(event));
  });
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const all = event.getCoalescedEvents?.() ?? [];
    for (const one of all.length ? all : [event]) go(where(one));
  });
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) {
    svg.addEventListener(name, (event) => { if (event.pointerId === pointer) end(); });
  }

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  svg.addEventListener("keydown", (event) => {
    const step = ARROWS[event.key];
    if (step) {
      at = at.map((value, axis) => Math.min(SIDE - 1, Math.max(1, value + step[axis])));
      if (stroke && pointer === null) go(at);
    } else if (event.key === " ") {
      if (!stroke) begin(at);
      else if (pointer === null) end();
    } else return;
    svg.classList.toggle("fb-down", Boolean(stroke));
    place(cursor, { cx: at[0], cy: at[1] });
    event.preventDefault();
  });
  svg.addEventListener("blur", () => { if (pointer === null) end(); });
  place(cursor, { cx: at[0], cy: at[1] });

  return {
    element: svg,
    strokes: () => strokes,
    busy: () => stroke !== null,
    undo() {
      strokes.pop();
      paths.pop()?.remove();
    },
    reset() {
      strokes = [];
      paths = [];
      stroke = pointer = null;
      lines.replaceChildren();
    },
    show({ pixels, pen }) { // what lies beneath the strokes, and how wide they are
      if (pixels !== shown) base.draw((i) => (pixels ? pixels[i] / 255 : 0));
      shown = pixels;
      place(lines, { "stroke-width": pen });
      hint.style.display = pixels || strokes.length ? "none" : "";
    },
  };
}
