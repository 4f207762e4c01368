// The four pictures of QuantizerPlayground: what values do on the left, what alpha costs on the right.

const BARS = 72;
const FAULTS = [["clipping", "wrong", "dash"], ["rounding", "pact", "dot"], ["total", "ink"]];
const DEEP = { left: 46, right: 10, top: 8, bottom: 34 }; // room for the name of the axis

function makePlots(setAlpha, gradients) {
  const stairs = plot({
    caption: "What comes in (across) and what goes out (up)",
    description: "Staircase: the quantised output for each input", height: 170,
  });
  const counts = plot({
    caption: "How often each value occurs, and the levels",
    description: "Histogram of the values, with the levels as lines", height: 120, margin: DEEP,
  });
  const faults = plot({
    caption: legend("Error:", ...FAULTS), ...(gradients ? { height: 170 } : { height: 300, margin: DEEP }),
    description: "Clipping, rounding and total error against alpha, the smallest total marked",
  });
  const pulls = plot({
    caption: legend("Its gradient on alpha:", ["PACT", "pact"], ["LSQ", "ink", "dash"]),
    description: "Gradient of the squared error on alpha, under PACT and under LSQ", height: 120, margin: DEEP,
  });
  const panels = { stairs, counts, faults, pulls };
  const marks = makeMarks(panels);
  let drawn = "", scales = {}, width = 0;

  for (const { svg } of [faults, pulls]) {
    follow({ svg, box: faults.box }, (x) => { if (scales.alpha) setAlpha(scales.alpha.invert(x)); });
  }
  return {
    left: h("div", {}, stairs.element, counts.element),
    right: h("div", {}, faults.element, ...(gradients ? [pulls.element] : [])),
    resize(pixels) {
      width = pixels;
      if (width) for (const panel of Object.values(panels)) panel.resize(width);
      drawn = "";
    },
    draw(now) {
      if (!width) return; // folded away: drawn when it opens
      const still = `${now.sample.name} ${now.scheme} ${now.bits}`;
      if (still !== drawn) scales = { ...drawValues(now, panels, marks), ...drawCurves(now, panels, marks) };
      drawn = still;
      moveAlpha(now, panels, marks, scales);
    },
  };
}

function legend(title, ...keys) {
  const key = ([text, colour, stroke]) =>
    h("span", { class: `fb-key ${colour}-text ${stroke ? `fb-key-${stroke}` : ""}` }, text);
  return h("span", {}, title, ...keys.map(key));
}

function makeMarks({ stairs, counts, faults, pulls }) {
  return {
    identity: stairs.add("path", "float-line thin dash"),
    lost: [stairs, counts].map((panel) => panel.add("path", "wrong-fill")),
    steps: stairs.add("path", "pact-line"),
    bars: counts.add("path", "float-fill"),
    levels: counts.add("path", "pact-line thin"),
    clipping: faults.add("path", "wrong-line dash"),
    rounding: faults.add("path", "pact-line dot"),
    total: faults.add("path", "ink-line"),
    zero: pulls.add("line", "float-line thin"),
    pact: pulls.add("path", "pact-line"),
    lsq: pulls.add("path", "ink-line dash"),
    here: [faults, pulls].map((panel) => panel.add("line", "ink-line thin")),
    best: faults.add("circle", "ink-mark"),
    dot: faults.add("circle", "pact-mark"),
  };
}

// Left: axes, the line of no quantisation, the histogram. Nothing here depends on alpha.
function drawValues({ sample, scheme }, { stairs, counts }, marks) {
  const { left, right } = stairs.box, { bottom, top } = counts.box;
  const reach = 1.08 * Math.max(-sample.low, sample.high);
  const value = linear(scheme === "pact" ? Math.min(0, sample.low) : -reach, reach, left, right);
  const from = value.invert(left), to = value.invert(right);
  const out = linear(from, to, stairs.box.bottom, stairs.box.top);
  stairs.drawAxes(value, out);
  place(marks.identity, { d: line([from, to], [from, to], value, out) });

  const bins = histogram(sample.values, from, to, BARS), width = (right - left) / BARS;
  const tall = linear(0, Math.sqrt(Math.max(...bins)) * 1.05, bottom, top);
  const head = (n) => px(tall(Math.sqrt(n)));
  const bar = (n, i) => `M${px(left + i * width)} ${bottom}V${head(n)}h${px(width - 0.5)}V${bottom}`;
  counts.drawAxes(value, null);
  counts.label("value (heights: square root of the count)");
  place(marks.bars, { d: bins.map((n, i) => (n ? bar(n, i) : "")).join("") });
  return { value, out, from, to };
}

// Right: errors and gradients at every alpha of the slider.
function drawCurves({ alphas, curves }, { faults, pulls }, marks) {
  const { left, right } = faults.box, { best, smallest } = curves;
  const alpha = logarithmic(alphas[0], alphas[alphas.length - 1], left, right);
  const most = Math.max(...curves.total) * 2 || 1;
  const fault = logarithmic(smallest / 12 || 1e-12, most, faults.box.bottom, faults.box.top);
  faults.drawAxes(alpha, fault);
  for (const name of ["clipping", "rounding", "total"]) {
    place(marks[name], { d: line(alphas, curves[name], alpha, fault) });
  }
  place(marks.best, { r: best > 0 ? 5 : 0, cx: alpha(best || 1), cy: fault(smallest) });

  // As tall as LSQ's pull downwards needs; the pull upwards of a small alpha leaves the frame.
  const reach = Math.max(...curves.lsq.filter(Number.isFinite), 1e-12) * 1.6;
  const pull = linear(-reach, reach, pulls.box.bottom, pulls.box.top);
  pulls.drawAxes(alpha, best > 0 ? pull : null);
  (pulls.element.parentNode ? pulls : faults).label("alpha (logarithmic)"); // beneath the lower one
  place(marks.zero, { x1: left, x2: right, y1: pull(0), y2: pull(0) });
  for (const name of ["pact", "lsq"]) place(marks[name], { d: line(alphas, curves[name], alpha, pull) });
  return { alpha, fault };
}

// What follows alpha: the staircase, the levels, the part that is clipped, the line and the dot.
function moveAlpha({ scheme, bits, alpha, measured }, { stairs, counts, faults, pulls }, marks, scales) {
  const { value, out, from, to } = scales, sound = alpha > 0;
  const grid = sound ? makeGrid(scheme, bits, alpha) : null;
  const inverted = alpha < 0 ? line([from, to], [alpha, alpha], value, out) : "";
  place(marks.steps, { d: sound ? staircase(grid, from, to, value, out) : inverted });
  place(marks.levels, { d: sound ? levelLines(grid, value, counts.box) : "" });

  const edges = (scheme === "pact" ? [alpha] : [alpha, -alpha]).map((edge) => (sound ? edge : 0));
  [stairs, counts].forEach(({ box }, k) => {
    const areas = edges.map((edge, i) =>
      `M${px(value(edge))} ${box.top}H${i ? box.left : box.right}V${box.bottom}H${px(value(edge))}Z`);
    place(marks.lost[k], { d: value(alpha) > box.right ? "" : areas.join("") });
  });

  const x = sound ? scales.alpha(alpha) : faults.box.left;
  [faults, pulls].forEach(({ box }, k) => place(marks.here[k], { x1: x, x2: x, y1: box.top, y2: box.bottom }));
  place(marks.dot, { r: sound ? 5.5 : 0, cx: x, cy: sound ? scales.fault(measured.total) : 0 });
}

// One horizontal tread a level, one riser at each threshold half-way between two.
function staircase({ high, zero, step }, from, to, value, out) {
  let path = `M${px(value(from))} ${px(out(-zero * step))}`;
  for (let code = 0; code < high; code++) {
    const threshold = (code + 0.5 - zero) * step;
    if (threshold > to) break;
    path += `H${px(value(threshold))}V${px(out((code + 1 - zero) * step))}`;
  }
  return `${path}H${px(value(to))}`;
}

// A line a level; where they would run into one another, a rug along the top.
function levelLines({ high, zero, step }, value, { top, bottom }) {
  const foot = value(step) - value(0) < 4 ? top + 8 : bottom;
  let path = "";
  for (let code = 0; code <= high; code++) path += `M${px(value((code - zero) * step))} ${top}V${foot}`;
  return path;
}
