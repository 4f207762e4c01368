// Left in AlphaReplay: the histogram of what enters the layer, coloured by what becomes of it.

const TALLEST = 255;
const FATES = [["zero", "float"], ["kept", "pact"], ["beyond", "wrong"]]; // as the table's numbers

function makeBars() {
  const panel = plot({
    caption: keyed("What enters:",
      ["leaves as 0", "float", "box"], ["another level", "pact", "box"], ["at or beyond alpha", "wrong", "box"]),
    description: "Histogram of what enters the layer, with its levels and alpha as lines",
    height: 350, margin: { left: 12, right: 12, top: 20, bottom: 34 },
  });
  const lost = panel.add("path", "wrong-fill"), fates = {};
  for (const [name, colour] of FATES) fates[name] = panel.add("path", `${colour}-bar`);
  const before = panel.add("path", "ink-line thin dot"), levels = panel.add("path", "ink-line thin");
  const alpha = panel.add("line", "pact-line thick"), word = s("text", { y: 14, class: "pact-word" }, "alpha");
  panel.svg.append(word);
  let drawn = null, x;

  return {
    element: panel.element,
    resize(width) { panel.resize(width); drawn = null; },
    draw({ layer, frame }) {
      const { box } = panel, now = layer.alpha[frame], step = now / (2 ** layer.bits - 1);
      if (drawn !== layer) { // the axis depends on the layer alone, so that nothing jumps while it plays
        const [from, to] = rangeOf(layer);
        x = linear(from, to, box.left, box.right);
        panel.drawAxes(x, null);
        panel.label("value (heights: square root of the count)");
        drawn = layer;
      }
      const y = linear(0, TALLEST, box.bottom, box.top), bars = barsOf(layer, frame);
      const [low, high] = [x.invert(box.left), x.invert(box.right)];
      const parts = { zero: [low, step / 2], kept: [step / 2, now], beyond: [now, high] };
      for (const [name] of FATES) place(fates[name], { d: barPath(bars, ...parts[name], x, y) });
      place(before, { d: outline(barsOf(layer, 0), x, y) });
      place(levels, { d: levelPath(layer.bits, step, x, box) });
      const at = px(x(now)), right = x(now) > box.right - 40;
      place(lost, { d: `M${at} ${box.top}H${box.right}V${box.bottom}H${at}Z` });
      place(alpha, { x1: at, x2: at, y1: box.top, y2: box.bottom });
      place(word, { x: px(x(now) + (right ? 1 : -1)), "text-anchor": right ? "end" : "start" });
    },
  };
}

// From the first bin to the last, or to the farthest that alpha has been.
function rangeOf(layer) {
  const high = Math.max(layer.low + layer.width * layer.bins, 1.03 * Math.max(...layer.alpha));
  return [Math.min(layer.low, -0.03 * high), high];
}

// The bars of a frame as [from, to, height], empty ones left out.
function barsOf({ heights, low, width, bins }, frame) {
  const bars = [];
  for (let i = 0; i < bins; i++) {
    const height = heights[frame * bins + i];
    if (height) bars.push([low + i * width, low + (i + 1) * width, height]);
  }
  return bars;
}

// What of the bars lies between two values; a bar across a border is cut there.
function barPath(bars, from, to, x, y) {
  let path = "";
  for (const [start, end, height] of bars) {
    if (end <= from || start >= to) continue;
    const gap = end <= to && x(end) - x(start) > 3 ? 0.6 : 0; // thin ones touch, or nothing would be left
    const left = px(x(Math.max(start, from))), right = px(x(Math.min(end, to)) - gap), foot = px(y(0));
    path += `M${left} ${foot}V${px(y(height))}H${right}V${foot}Z`;
  }
  return path;
}

function outline(bars, x, y) {
  let path = "", last = NaN;
  for (const [start, end, height] of bars) {
    const up = `V${px(y(height))}H${px(x(end))}`;
    const joined = Math.abs(start - last) < 1e-9 * (end - start);
    path += joined ? up : `${path ? `V${px(y(0))}` : ""}M${px(x(start))} ${px(y(0))}${up}`;
    last = end;
  }
  return path && `${path}V${px(y(0))}`;
}

// A line a level; where they would run into one another, a rug along the top.
function levelPath(bits, step, x, { top, bottom }) {
  const foot = x(step) - x(0) < 4 ? top + 8 : bottom;
  let path = "";
  for (let code = 0; code < 2 ** bits; code++) path += `M${px(x(code * step))} ${top}V${foot}`;
  return path;
}
