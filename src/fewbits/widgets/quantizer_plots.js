// The four pictures of QuantizerPlayground.

function makePlots(setAlpha) {
  const stairs = plot({ caption: "What comes in (across) and what goes out (up)", description: "Staircase: the quantised output for each input", height: 170 });
  const counts = plot({ caption: "How often each value occurs, and the levels", description: "Histogram of the values with the levels as lines", height: 120, margin: { left: 46, right: 10, top: 8, bottom: 34 } });
  const faults = plot({ caption: h("span", {}, "Squared error: ", key("clipping", "wrong", "dash"), key("rounding", "pact", "dot"), key("total", "ink")), description: "Clipping, rounding and total error against alpha, with the smallest total marked", height: 170 });
  const pulls = plot({ caption: h("span", {}, "Its gradient on alpha: ", key("PACT", "pact"), key("LSQ", "ink", "dash")), description: "Gradient of the mean squared error on alpha under PACT and under LSQ", height: 120, margin: { left: 46, right: 10, top: 8, bottom: 34 } });
  const all = [stairs, counts, faults, pulls];
  const marks = {
    identity: stairs.add("path", "float-line thin dash"), beyondStairs: stairs.add("path", "wrong-fill"), steps: stairs.add("path", "pact-line"),
    bars: counts.add("path", "float-fill"), beyond: counts.add("path", "wrong-fill"), levels: counts.add("path", "pact-line thin"),
    clipping: faults.add("path", "wrong-line dash"), rounding: faults.add("path", "pact-line dot"), total: faults.add("path", "ink-line"),
    here: faults.add("line", "ink-line thin"), best: faults.add("circle", "ink-mark"), dot: faults.add("circle", "pact-mark"),
    zero: pulls.add("line", "float-line thin"), pact: pulls.add("path", "pact-line"), lsq: pulls.add("path", "ink-line dash"), herePull: pulls.add("line", "ink-line thin"),
  };
  let drawn = "", scales = {}, width = 0;
  for (const { svg } of [faults, pulls]) { // a second way to alpha, for a pointer; the slider is the first
    svg.classList.add("fb-reach");
    const follow = (event) => {
      const { left, right } = faults.box, x = event.clientX - svg.getBoundingClientRect().left;
      if (scales.alpha && event.buttons) setAlpha(scales.alpha.invert(Math.min(right, Math.max(left, x))));
    };
    svg.addEventListener("pointerdown", (event) => { svg.setPointerCapture(event.pointerId); follow(event); });
    svg.addEventListener("pointermove", follow);
  }
  return {
    left: h("div", {}, stairs.element, counts.element), right: h("div", {}, faults.element, pulls.element),
    resize(pixels) {
      width = pixels;
      if (width) for (const each of all) each.resize(width);
      drawn = "";
    },
    draw(now) {
      if (!width) return; // folded away: drawn when it opens
      const parts = `${now.sample.name} ${now.scheme} ${now.bits} ${stairs.box.right}`;
      if (parts !== drawn) scales = drawStill(now, { stairs, counts, faults, pulls }, marks);
      drawn = parts;
      drawMoving(now, { stairs, counts, faults, pulls }, marks, scales);
    },
  };
}

function key(text, colour, dash) {
  return h("span", { class: `fb-key ${colour}-text ${dash ? `fb-key-${dash}` : ""}` }, text);
}

// Axes, histogram and curves: everything that alpha does not move.
function drawStill({ sample, scheme, alphas, curves }, { stairs, counts, faults, pulls }, marks) {
  const { low, high } = sample, { left, right } = stairs.box;
  const reach = Math.max(Math.abs(low), high);
  const value = scheme === "pact" ? linear(Math.min(0, low), high * 1.08, left, right) : linear(-reach * 1.08, reach * 1.08, left, right);
  const from = value.invert(left), to = value.invert(right);
  const out = linear(from, to, stairs.box.bottom, stairs.box.top);
  stairs.drawAxes(value, out);
  place(marks.identity, { d: line([from, to], [from, to], value, out) });

  const bins = histogram(sample.values, from, to, 72), width = (right - left) / 72;
  const tall = linear(0, Math.sqrt(Math.max(...bins)) * 1.05, counts.box.bottom, counts.box.top);
  counts.drawAxes(value, null);
  counts.label("value (heights: square root of the count)");
  place(marks.bars, { d: bins.map((n, i) => (n ? `M${(left + i * width).toFixed(1)} ${counts.box.bottom}V${tall(Math.sqrt(n)).toFixed(1)}h${(width - 0.5).toFixed(1)}V${counts.box.bottom}` : "")).join("") });

  const alpha = logarithmic(alphas[0], alphas[alphas.length - 1], left, right);
  const fault = logarithmic(curves.smallest / 12 || 1e-12, Math.max(...curves.total) * 2 || 1, faults.box.bottom, faults.box.top);
  faults.drawAxes(alpha, fault);
  for (const name of ["clipping", "rounding", "total"]) place(marks[name], { d: line(alphas, curves[name], alpha, fault) });
  place(marks.best, { r: curves.best > 0 ? 5 : 0, cx: alpha(curves.best || 1), cy: fault(curves.smallest) });

  const reachUp = Math.max(...curves.lsq.filter(Number.isFinite), 1e-12) * 1.6;
  const pull = linear(-reachUp, reachUp, pulls.box.bottom, pulls.box.top);
  pulls.drawAxes(alpha, curves.best > 0 ? pull : null);
  pulls.label("alpha (logarithmic)");
  place(marks.zero, { x1: left, x2: right, y1: pull(0), y2: pull(0) });
  for (const name of ["pact", "lsq"]) place(marks[name], { d: line(alphas, curves[name], alpha, pull) });
  return { value, out, alpha, fault, from, to };
}

// The staircase, the levels, the part beyond alpha, the line at alpha.
function drawMoving({ scheme, bits, alpha, measured }, { stairs, counts, faults, pulls }, marks, scales) {
  const { value, out, from, to } = scales, good = alpha > 0;
  const grid = good ? makeGrid(scheme, bits, alpha) : null;
  place(marks.steps, { d: good ? staircase(grid, from, to, value, out) : alpha < 0 ? line([from, to], [alpha, alpha], value, out) : "" });
  // Where the levels would run into one another they are a rug along the top.
  const close = grid && value(grid.step) - value(0) < 4, foot = close ? counts.box.top + 8 : counts.box.bottom;
  let levels = "";
  for (let code = 0; grid && code <= grid.high; code++) levels += `M${value((code - grid.zero) * grid.step).toFixed(1)} ${counts.box.top}V${foot}`;
  place(marks.levels, { d: levels });
  const edges = [alpha, ...(scheme === "pact" ? [] : [-alpha])].map((edge) => (good ? edge : 0));
  for (const [mark, { box }] of [[marks.beyondStairs, stairs], [marks.beyond, counts]]) {
    const areas = edges.map((edge, i) => `M${value(edge).toFixed(1)} ${box.top}H${i ? box.left : box.right}V${box.bottom}H${value(edge).toFixed(1)}Z`);
    place(mark, { d: value(alpha) > box.right ? "" : areas.join("") });
  }
  const x = good ? scales.alpha(alpha) : faults.box.left;
  for (const [mark, { box }] of [[marks.here, faults], [marks.herePull, pulls]]) place(mark, { x1: x, x2: x, y1: box.top, y2: box.bottom });
  place(marks.dot, { r: good ? 5.5 : 0, cx: x, cy: good && measured.total > 0 ? scales.fault(measured.total) : -99 });
}

// One horizontal tread a level, one riser at each threshold half-way between two.
function staircase({ high, zero, step }, from, to, value, out) {
  let path = `M${value(from).toFixed(1)} ${out(-zero * step).toFixed(1)}`;
  for (let code = 0; code < high; code++) {
    const threshold = (code + 0.5 - zero) * step;
    if (threshold > to) break;
    path += `H${value(threshold).toFixed(1)}V${out((code + 1 - zero) * step).toFixed(1)}`;
  }
  return `${path}H${value(to).toFixed(1)}`;
}
