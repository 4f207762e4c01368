// What TernaryThreshold cuts, and how: the weights by size, the layers they leave; pictures and numbers.

const SIZES = [["one", "one magnitude, the mean of their sizes"], ["fitted", "nothing: they stay as fitted"]];
const BIASES = [["counts", "evened out by counts"], ["fitted", "as fitted"], ["none", "0 for all"]];

const MOST_CUTS = 160; // of the curve: each is a layer whose accuracy is counted

function makeCuts(cargo, arrays) {
  const store = makeStore(arrays, cargo.classes, cargo.given), { weights, biases } = arrays;
  const { features } = store, classes = cargo.classes.length;
  if (weights.length !== classes * features) throw new Error("layer and pictures arrived with other features");
  // Of equal sizes the one of lower class and feature number comes first: sorting keeps their order.
  const size = (i) => Math.abs(weights[i]);
  const ranked = [...weights.keys()].filter(size).sort((a, b) => size(b) - size(a));
  const sizes = ranked.map(size), reach = Math.max(...[...biases].map(Math.abs));
  const curves = new Map(), each = Math.max(1, Math.ceil(ranked.length / MOST_CUTS));
  const cuts = ranked.map((_, i) => i + 1).filter((count) => count % each === 0 || count === ranked.length);

  function byCounts(codes) { // a straight line, from the class with the fewest pluses down to that with the most
    const balance = codes.map((row) => row.reduce((sum, [, sign]) => sum + sign, 0));
    const low = Math.min(...balance), high = Math.max(...balance);
    return balance.map((n) => (low === high ? 0 : Math.fround(reach - (2 * reach * (n - low)) / (high - low))));
  }
  function at(count, become, way) {
    const codes = Array.from({ length: classes }, () => []);
    for (const i of ranked.slice(0, count).sort((a, b) => a - b)) {
      codes[Math.floor(i / features)].push([i % features, Math.sign(weights[i])]);
    }
    const magnitude = sizes.slice(0, count).reduce((a, b) => a + b, 0) / count;
    const weightOf = (c, f, sign) => (become === "one" ? magnitude * sign : weights[c * features + f]);
    const rows = codes.map((row, c) => row.map(([f, sign]) => [f, weightOf(c, f, sign)]));
    const bias = way === "counts" ? byCounts(codes) : way === "fitted" ? biases : new Float64Array(classes);
    const names = codes.map((row) => row.join(";")), times = new Map();
    for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
    return {
      rows, magnitude, uses: usesOf(rows), accuracy: accuracyOf(rows, bias, store),
      // halfway between the smallest that stays and the largest that goes
      threshold: (sizes[count - 1] + (count < weights.length ? sizes[count] ?? 0 : 0)) / 2,
      minus: codes.flat().filter(([, sign]) => sign < 0).length,
      alike: names.filter((name) => times.get(name) > 1).length,
    };
  }
  return {
    store, ranked, sizes, at,
    fitted: accuracyOf(entriesOf(weights, features), biases, store),
    cuts,
    curve(become, way) { // the accuracy of cuts all along, computed once
      const key = `${become} ${way}`;
      if (!curves.has(key)) curves.set(key, cuts.map((count) => at(count, become, way).accuracy));
      return curves.get(key);
    },
  };
}

function makeCutPlots({ store, sizes, fitted, cuts }, setKept) {
  const margin = { left: 46, right: 10, top: 8, bottom: 34 };
  const sorted = plot({ height: 190, margin, description: "Sizes of the weights, sorted, and the threshold",
    caption: h("span", {}, "Sizes of the weights, sorted",
      h("span", { class: "fb-key fb-key-dash wrong-text" }, "threshold")) });
  const scores = plot({ height: 190, margin, description: "Share of pictures named rightly for every cut",
    caption: h("span", {}, "Named rightly", h("span", { class: "fb-key qsenn-text" }, "at this cut"),
      h("span", { class: "fb-key fb-key-dash float-text" }, "as fitted")) });
  const matrix = makeMatrix(store), panels = [sorted, scores], ranks = sizes.map((_, i) => i + 1);
  const part = sorted.add("path", "lit-row"), curve = sorted.add("path", "qsenn-line");
  const level = sorted.add("line", "wrong-line dash"), float = scores.add("line", "float-line dash");
  const accuracy = scores.add("path", "qsenn-line");
  const here = panels.map((panel) => panel.add("line", "ink-line thin"));
  const dot = scores.add("circle", "qsenn-mark");
  let x = null;

  for (const panel of panels) {
    follow(panel, (across) => {
      if (x) setKept(Math.min(sizes.length, Math.max(1, Math.round(x.invert(across)))));
    });
  }
  return {
    left: sorted.element, right: scores.element, matrix,
    resize() {
      const width = sorted.element.parentNode.clientWidth;
      if (!width) return; // folded away: drawn when it opens
      for (const panel of panels) panel.resize(width);
      matrix.resize(matrix.element.parentNode.clientWidth);
      x = linear(0, sizes.length + 1, sorted.box.left, sorted.box.right);
    },
    draw({ count, layer, curve: shares }) {
      if (!x) return;
      const up = linear(0, 1.05 * sizes[0], sorted.box.bottom, sorted.box.top);
      const share = linear(0, 1, scores.box.bottom, scores.box.top), { left, right, top, bottom } = sorted.box;
      sorted.drawAxes(x, up);
      sorted.label("rank");
      scores.drawAxes(x, share);
      scores.label("weights that stay");
      place(curve, { d: line(ranks, sizes, x, up) });
      place(part, { d: `M${left} ${top}H${px(x(count + 0.5))}V${bottom}H${left}Z` });
      place(level, { x1: left, x2: right, y1: up(layer.threshold), y2: up(layer.threshold) });
      place(float, { x1: left, x2: right, y1: share(fitted), y2: share(fitted) });
      place(accuracy, { d: line(cuts, shares, x, share) });
      place(dot, { r: 5, cx: px(x(count)), cy: px(share(layer.accuracy)) });
      panels.forEach(({ box }, k) => {
        const across = x(count + (k ? 0 : 0.5));
        place(here[k], { x1: across, x2: across, y1: box.top, y2: box.bottom });
      });
      matrix.draw(layer.rows, -1);
    },
  };
}

const CUT_ROWS = {
  Cut: [
    ["threshold", "threshold"], ["magnitude", "mean size above it"], ["minus", "of them below 0"],
    ["alike", "classes with another\u2019s row"],
  ],
  Layer: [
    ["mean", "features a class, mean"], ["fewest", "fewest"], ["most", "most"], ["used", "features used at all"],
    ["accuracy", "named rightly"], ["fitted-accuracy", "by the layer as fitted"],
  ],
};

function makeCutTable(store) {
  const rows = {}, note = h("p", { class: "fb-note" }, `Accuracy: ${picturesShown(store)}`);
  const group = (title) => numbersUnder(title, CUT_ROWS[title], rows);
  return {
    left: group("Cut"), right: group("Layer"), note,
    show({ layer, fitted }) {
      const { threshold, magnitude, minus, alike, accuracy } = layer, { mean, fewest, most, used } = layer.uses;
      for (const [name, value] of Object.entries({ threshold, magnitude })) rows[name].show(value, digits(value));
      const plain = { minus, alike, fewest, most, used };
      for (const [name, value] of Object.entries(plain)) rows[name].show(value, whole(value));
      rows.mean.show(mean, digits(mean, 3));
      rows.accuracy.show(accuracy, percent(accuracy));
      rows["fitted-accuracy"].show(fitted, percent(fitted));
    },
  };
}
