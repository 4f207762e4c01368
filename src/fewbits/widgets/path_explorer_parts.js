// What PathExplorer looks through: fits by tolerance and strength; its pictures, its numbers.

function makePaths(cargo, arrays) {
  const { lambdas, classes, tolerances } = cargo, store = makeStore(arrays, classes, cargo.given);
  const { codes, scales, biases, objectives, residuals, steps } = arrays, { features } = store;
  const size = classes.length * features, walked = new Map();
  function fitAt(stop, at) { // a code c stands for c times the fit's scale
    const index = stop * lambdas.length + at, scale = scales[index];
    const weights = Float64Array.from(codes.subarray(index * size, (index + 1) * size), (code) => code * scale);
    const rows = entriesOf(weights, features);
    const bias = biases.subarray(index * classes.length, (index + 1) * classes.length);
    return {
      weights, rows, uses: usesOf(rows), accuracy: accuracyOf(rows, bias, store),
      objective: objectives[index], residual: residuals[index], steps: steps[index],
    };
  }
  return {
    store, lambdas, tolerances,
    walk(stop) { // all fits of one tolerance, computed once
      if (!walked.has(stop)) walked.set(stop, lambdas.map((_, at) => fitAt(stop, at)));
      return walked.get(stop);
    },
  };
}

function makePathPlots({ store, lambdas }, setPlace) {
  const low = { left: 46, right: 10, top: 8, bottom: 34 };
  const weights = plot({ caption: "Weights of the class, a line a feature", height: 250, margin: low,
    description: "Weights of the chosen class over lambda, one line a feature" });
  const counts = plot({ height: 125, description: "Features a class uses, on average, over lambda",
    caption: h("span", {}, "Features a class", h("span", { class: "fb-key qsenn-text" }, "this stop"),
      h("span", { class: "fb-key fb-key-dash float-text" }, "the strictest")) });
  const scores = plot({ caption: "Named rightly", height: 125, margin: low,
    description: "Share of pictures named rightly, over lambda" });
  const matrix = makeMatrix(store), panels = [weights, counts, scores];
  const many = Array.from({ length: store.features }, () => weights.add("path", "qsenn-line thin"));
  const strict = [counts, scores].map((panel) => panel.add("path", "float-line dash"));
  const own = [counts, scores].map((panel) => panel.add("path", "qsenn-line"));
  const here = panels.map((panel) => panel.add("line", "ink-line thin"));
  const dots = [counts, scores].map((panel) => panel.add("circle", "qsenn-mark"));
  let x = null;

  for (const panel of panels) {
    follow(panel, (across) => {
      if (!x) return;
      const wanted = Math.log(x.invert(across)), off = (at) => Math.abs(Math.log(lambdas[at]) - wanted);
      setPlace(lambdas.reduce((best, _, at) => (off(at) < off(best) ? at : best), 0));
    });
  }
  return {
    left: weights.element, right: h("div", {}, counts.element, scores.element), matrix,
    resize(root) {
      const width = weights.element.parentNode.clientWidth;
      if (!width) return; // folded away: drawn when it opens
      for (const panel of panels) panel.resize(width);
      matrix.resize(matrix.element.parentNode.clientWidth);
      x = logarithmic(lambdas[lambdas.length - 1], lambdas[0], weights.box.right, weights.box.left);
    },
    draw({ at, fits, strictest, fit, row }) {
      if (!x) return;
      const { features } = store, of = (one, f) => one.weights[row * features + f];
      let [least, largest] = [0, 0];
      for (const [, w] of fits.flatMap((one) => one.rows[row])) {
        [least, largest] = [Math.min(least, w), Math.max(largest, w)];
      }
      const reach = linear(1.05 * least - 1e-9, 1.05 * largest + 1e-9, weights.box.bottom, weights.box.top);
      weights.drawAxes(x, reach);
      weights.label("lambda (logarithmic), weaker to the right");
      many.forEach((path, f) => {
        const values = fits.map((one) => of(one, f));
        place(path, { d: values.some(Boolean) ? line(lambdas, values, x, reach) : "" });
      });
      const most = Math.max(...fits.map((one) => one.uses.mean), ...strictest.map((one) => one.uses.mean), 1);
      const share = linear(0, 1, scores.box.bottom, scores.box.top);
      const ups = [linear(0, 1.05 * most, counts.box.bottom, counts.box.top), share];
      const read = [(one) => one.uses.mean, (one) => one.accuracy];
      [counts, scores].forEach((panel, k) => {
        panel.drawAxes(x, ups[k]);
        place(strict[k], { d: line(lambdas, strictest.map(read[k]), x, ups[k]) });
        place(own[k], { d: line(lambdas, fits.map(read[k]), x, ups[k]) });
        place(dots[k], { r: 5, cx: px(x(lambdas[at])), cy: px(ups[k](read[k](fit))) });
      });
      scores.label("lambda (logarithmic)");
      panels.forEach(({ box }, k) =>
        place(here[k], { x1: x(lambdas[at]), x2: x(lambdas[at]), y1: box.top, y2: box.bottom }));
      matrix.draw(fit.rows, row);
    },
  };
}

const PATH_ROWS = {
  Layer: [
    ["nonzeros", "weights that are not 0"], ["mean", "features a class, mean"], ["fewest", "fewest"],
    ["most", "most"], ["of-class", "of the chosen class"], ["used", "features used at all"],
  ],
  Fit: [
    ["accuracy", "named rightly"], ["objective", "objective"], ["residual", "KKT residual"],
    ["steps", "steps of the solver"],
  ],
};

function makePathTable(store) {
  const rows = {}, note = h("p", { class: "fb-note" }, `Accuracy: ${picturesShown(store)}`);
  const group = (title) => numbersUnder(title, PATH_ROWS[title], rows);
  return {
    left: group("Layer"), right: group("Fit"), note,
    show({ fit, row }) {
      const { nonzeros, mean, fewest, most, used, counts } = fit.uses;
      const plain = { nonzeros, fewest, most, used };
      for (const [name, value] of Object.entries(plain)) rows[name].show(value, whole(value));
      rows["of-class"].show(counts[row], whole(counts[row]));
      rows.mean.show(mean, digits(mean, 3));
      rows.accuracy.show(fit.accuracy, percent(fit.accuracy));
      rows.objective.show(fit.objective, digits(fit.objective));
      rows.residual.show(fit.residual, digits(fit.residual, 2));
      rows.steps.show(fit.steps, whole(fit.steps));
    },
  };
}
