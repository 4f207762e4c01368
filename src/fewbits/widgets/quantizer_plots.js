// The four pictures and the table of QuantizerPlayground.

function makePlots(setAlpha) {
  const stairs = plot({ caption: "What comes in (across) and what goes out (up)", description: "Staircase: the quantised output for each input", height: 170 });
  const counts = plot({ caption: "How often each value occurs, and the levels", description: "Histogram of the values with the levels as lines", height: 120, margin: { left: 40, right: 10, top: 8, bottom: 34 } });
  const faults = plot({ caption: h("span", {}, "Mean squared error: ", key("clipping", "wrong", "dash"), key("rounding", "pact", "dot"), key("total", "ink")), description: "Clipping, rounding and total error against alpha, with the smallest total marked", height: 170 });
  const pulls = plot({ caption: h("span", {}, "Its gradient on alpha: ", key("PACT", "pact"), key("LSQ", "ink", "dash")), description: "Gradient of the mean squared error on alpha under PACT and under LSQ", height: 120, margin: { left: 40, right: 10, top: 8, bottom: 34 } });
  const all = [stairs, counts, faults, pulls];
  const marks = {
    identity: stairs.add("path", "float-line thin dash"), beyondStairs: stairs.add("rect", "wrong-fill"), steps: stairs.add("path", "pact-line"),
    bars: counts.add("path", "float-fill"), beyond: counts.add("rect", "wrong-fill"), levels: counts.add("path", "pact-line thin"),
    clipping: faults.add("path", "wrong-line dash"), rounding: faults.add("path", "pact-line dot"), total: faults.add("path", "ink-line"),
    here: faults.add("line", "ink-line thin"), best: faults.add("circle", "ink-mark"), dot: faults.add("circle", "pact-mark"),
    zero: pulls.add("line", "float-line thin"), pact: pulls.add("path", "pact-line"), lsq: pulls.add("path", "ink-line dash"), herePull: pulls.add("line", "ink-line thin"),
  };
  const element = h("div", { class: "fb-plots" },
    h("div", {}, stairs.element, counts.element), h("div", {}, faults.element, pulls.element));
  let drawn = "", scales = {};
  for (const { svg } of [faults, pulls]) { // a second way to alpha, for a pointer; the slider is the first
    svg.addEventListener("pointerdown", (event) => {
      if (scales.alpha) setAlpha(scales.alpha.invert(Math.min(faults.box.right, Math.max(faults.box.left, event.offsetX))));
    });
  }
  return {
    element,
    resize() {
      const width = element.firstChild.clientWidth;
      if (width) for (const each of all) each.resize(width);
      drawn = "";
    },
    draw(now) {
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
  const smallest = curves.total[curves.best];
  const fault = logarithmic(smallest / 12 || 1e-12, Math.max(...curves.total) * 2 || 1, faults.box.bottom, faults.box.top);
  faults.drawAxes(alpha, fault);
  for (const name of ["clipping", "rounding", "total"]) place(marks[name], { d: line(alphas, curves[name], alpha, fault) });
  place(marks.best, { r: 5, cx: alpha(alphas[curves.best]), cy: fault(smallest) });

  const reachUp = Math.max(...curves.lsq.filter(Number.isFinite), 1e-12) * 1.6;
  const pull = linear(-reachUp, reachUp, pulls.box.bottom, pulls.box.top);
  pulls.drawAxes(alpha, pull);
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
  let levels = "";
  for (let code = 0; grid && code <= grid.high; code++) levels += `M${value((code - grid.zero) * grid.step).toFixed(1)} ${counts.box.top}V${counts.box.bottom}`;
  place(marks.levels, { d: levels });
  const edge = Math.min(stairs.box.right, Math.max(stairs.box.left, value(Math.max(alpha, 0))));
  for (const [mark, { box }] of [[marks.beyondStairs, stairs], [marks.beyond, counts]]) {
    place(mark, { x: edge, y: box.top, width: box.right - edge, height: box.bottom - box.top });
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

function makeTable() {
  const rows = {
    clipping: number("clipping", "clipping error"), rounding: number("rounding", "rounding error"), total: number("total", "total error"),
    optimum: number("optimum", "smallest at alpha ="), smallest: number("smallest", "smallest error"),
    beyond: number("beyond", "values beyond alpha"), inside: number("inside", "values that pass a gradient"),
    levels: number("levels", "levels in use"),
    pact: number("gradient-pact", "PACT: gradient on alpha"), lsq: number("gradient-lsq", "LSQ: gradient on the step"),
    bytes: number("bytes", "bytes, packed"), float: number("bytes-float", "bytes as 32-bit floats"),
  };
  const note = h("p", { class: "fb-note" }, "Gradients are those of the mean squared error between input and output. A negative one makes gradient descent raise alpha (or the step), a positive one makes it lower it.");
  const thinned = h("p", { class: "fb-note" });
  const element = h("div", {}, h("div", { class: "fb-numbers" }, ...Object.values(rows).map((row) => row.element)), note, thinned);
  return {
    element,
    show({ sample, bits, scheme, alphas, curves, measured: m }) {
      for (const name of ["clipping", "rounding", "total", "pact", "lsq"]) rows[name].show(m[name], digits(m[name]));
      for (const name of ["beyond", "inside"]) rows[name].show(m[name], percent(m[name]));
      rows.optimum.show(alphas[curves.best], digits(alphas[curves.best]));
      rows.smallest.show(curves.total[curves.best], digits(curves.total[curves.best]));
      rows.levels.show(m.used, `${m.used} of ${levelsOf(makeGrid(scheme, bits, 1))}`);
      rows.bytes.show(Math.ceil((sample.count * bits) / 8), whole(Math.ceil((sample.count * bits) / 8)));
      rows.float.show(sample.count * 4, whole(sample.count * 4));
      thinned.textContent = sample.count > sample.values.length ? `${whole(sample.values.length)} of the ${whole(sample.count)} values are shown, evenly spaced by rank; the bytes count all.` : `${whole(sample.count)} values.`;
    },
  };
}
