// Pictures of PerturbationProbe: the patched picture, and what the patch does to one code from each place.

const PROBE_SIZE = 512; // drawn twice as fine as it is shown
const PROBE_COVER = 0.75;

function boxAt(place, { wide, high }) {
  const across = PROBE_SIZE / wide, down = PROBE_SIZE / high;
  return { x: (place % wide) * across, y: Math.floor(place / wide) * down, width: across, height: down };
}

function framed(context, { x, y, width, height }, colour, ground, dashes = []) {
  for (const [style, line, dash] of [[ground, 10, []], [colour, 5, dashes]]) {
    context.setLineDash(dash);
    Object.assign(context, { strokeStyle: `rgb(${style.join(" ")})`, lineWidth: line, lineJoin: "round" });
    context.strokeRect(x + 3, y + 3, width - 6, height - 6);
  }
  context.setLineDash([]);
}

function drawTile(context, probes, { patch, place }) {
  const { x, y, width, height } = boxAt(place, probes);
  context.imageSmoothingEnabled = false;
  context.drawImage(probes.tiles[patch], x, y, width, height);
  context.imageSmoothingEnabled = true;
}

function paintPatched(canvas, probes, now, colours) {
  const context = canvas.getContext("2d");
  probes.pictures.draw(context, now.image, PROBE_SIZE);
  drawTile(context, probes, now);
  framed(context, boxAt(now.place, probes), colours.ink, colours.paper);
}

// Colour: how the chosen code's score changes with the patch there. Dashed: its own cell. Ink: the patch.
function paintChanges(canvas, probes, now, side, colours) {
  const { changes, cell } = now[side], reach = Math.max(0.05, ...changes.map(Math.abs));
  const how = { values: changes, wide: probes.wide, reach, cover: PROBE_COVER };
  paintOver(canvas, probes.pictures, now.image, how, colours);
  const context = canvas.getContext("2d");
  framed(context, boxAt(now.place, probes), colours.ink, colours.paper);
  framed(context, boxAt(cell, probes), colours.hue, colours.paper, [14, 10]);
}

// A canvas on which the patch is moved with a pointer.
function makeGround(caption, name, probes, onPlace) {
  const size = { width: PROBE_SIZE, height: PROBE_SIZE };
  const canvas = h("canvas", { role: "img", ...size, class: "pp-canvas", "data-canvas": name });
  const moved = (event) => {
    if (!event.buttons) return;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const along = (at, length, count) => Math.min(count - 1, Math.max(0, Math.floor((at / length) * count)));
    onPlace(along(event.clientY - top, height, probes.high), along(event.clientX - left, width, probes.wide));
  };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); moved(event); });
  canvas.addEventListener("pointermove", moved);
  return { canvas, element: h("figure", {}, h("figcaption", {}, ...caption), canvas) };
}

// Changes of the chosen code's score over the distance of the patch from its cell: a dot a place.
function makeDistances(probes, name) {
  const low = { left: 46, right: 10, top: 8, bottom: 34 };
  const panel = plot({ caption: "Change, by cells from its own", height: 150, margin: low,
    description: `Change of the chosen code's score over the distance of the patch, ${name}` });
  const border = panel.add("line", "ink-line thin dash"), zero = panel.add("line", "float-line thin");
  const dots = Array.from({ length: probes.places }, () => panel.add("circle", "pp-dot"));
  const mark = panel.add("circle", "pp-here");
  const widest = Math.max(probes.high, probes.wide) - 1;
  return {
    element: panel.element,
    resize(width) { if (width) panel.resize(width); },
    draw({ changes, away, reach }, place) {
      if (!panel.box.right) return; // folded away: drawn when it opens
      const most = Math.max(0.1, ...changes), least = Math.min(-0.1, ...changes);
      const x = linear(-0.5, widest + 0.5, panel.box.left, panel.box.right);
      const y = linear(least * 1.1, most * 1.1, panel.box.bottom, panel.box.top);
      panel.drawAxes(x, y);
      panel.label("cells away");
      const put = (dot, at, r) => {
        for (const [key, value] of [["cx", px(x(away[at]))], ["cy", px(y(changes[at]))], ["r", r]]) {
          dot.setAttribute(key, value);
        }
      };
      dots.forEach((dot, at) => put(dot, at, 3));
      put(mark, place, 5);
      const { top, bottom, left, right } = panel.box, limit = x(reach + 0.5);
      const upright = [["x1", limit], ["x2", limit], ["y1", top], ["y2", bottom]];
      for (const [key, value] of upright) border.setAttribute(key, px(value));
      const level = [["x1", left], ["x2", right], ["y1", y(0)], ["y2", y(0)]];
      for (const [key, value] of level) zero.setAttribute(key, px(value));
    },
  };
}
