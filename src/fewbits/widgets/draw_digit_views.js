// Maps of 28 x 28 cells, and the logits as bars.

// Cells of one shade are one path of short strokes. Values lie in [-1, 1]; below 0 the second colour is taken.
const SHADES = 20;
function makeCells(parent, colours) {
  const group = parent.appendChild(s("g", { transform: "translate(0 .5)", "shape-rendering": "crispEdges" }));
  const paths = colours.map((colour) => Array.from({ length: SHADES }, (_, i) =>
    group.appendChild(s("path", { class: `${colour}-line`, "stroke-opacity": (i + 1) / SHADES }))));
  return {
    draw(valueAt) { // from what the cell's number is, row by row
      const parts = colours.map(() => Array.from({ length: SHADES }, () => ""));
      for (let i = 0; i < SIDE * SIDE; i++) {
        const value = valueAt(i), shade = Math.round(Math.abs(value) * SHADES);
        if (shade) parts[value < 0 ? 1 : 0][shade - 1] += `M${i % SIDE} ${Math.floor(i / SIDE)}h1`;
      }
      paths.forEach((row, k) => row.forEach((path, i) => place(path, { d: parts[k][i] })));
    },
  };
}

function makeMap(name, caption, description, colours) {
  const svg = s("svg", { class: "fb-cells", viewBox: "0 0 28 28", role: "img", "aria-label": description });
  svg.dataset.map = name;
  const cells = makeCells(svg, colours), outline = svg.appendChild(s("path", { class: "fb-outline" }));
  const element = h("figure", {}, h("figcaption", {}, caption), svg);
  return {
    element,
    draw(values, scale, pixels) {
      svg.values = values; // every digit, for tests
      cells.draw((i) => values[i] / scale);
      if (pixels) place(outline, { d: outlineOf(pixels) });
    },
    describe: (text) => svg.setAttribute("aria-label", text),
  };
}

// The edges between pixels of more and of less than half the brightness.
function outlineOf(pixels) {
  const lit = (row, column) => column >= 0 && column < SIDE && pixels[row * SIDE + column] > 127;
  let path = "";
  for (let row = 0; row <= SIDE; row++) {
    for (let column = 0; column <= SIDE; column++) {
      if (lit(row, column) !== lit(row - 1, column)) path += `M${column} ${row}h1`;
      if (lit(row, column) !== lit(row, column - 1)) path += `M${column} ${row}v1`;
    }
  }
  return path;
}

// One row a class: name, bar to the left or right of 0, logit, probability. A click chooses the class.
function makeBars(names, choose) {
  const rows = names.map((name, k) => {
    const logit = output(`logit-${k}`), probability = output(`probability-${k}`), bar = h("i");
    const element = h("div", { class: "fb-bar" }, h("span", {}, name), h("span", { class: "fb-track" }, bar),
      logit.element, probability.element);
    element.addEventListener("click", () => choose(name));
    return { element, logit, probability, bar };
  });
  const head = h("div", { class: "fb-bar fb-title" }, h("span", {}, "class"),
    h("span", {}, ""), h("span", {}, "logit"), h("span", {}, "probability"));
  const element = h("section", { class: "fb-bars", "aria-label": "Logits and probabilities" }, head,
    ...rows.map((row) => row.element));
  return {
    element,
    show(logits, shares, best, target) {
      const low = Math.min(-1, ...logits), high = Math.max(1, ...logits), width = high - low;
      rows.forEach(({ element: row, logit, probability, bar }, k) => {
        logit.show(logits[k], logits[k].toFixed(2).replace("-", "\u2212"));
        probability.show(shares[k], `${(100 * shares[k]).toFixed(1)} %`);
        bar.style.left = `${(100 * (Math.min(0, logits[k]) - low)) / width}%`;
        bar.style.width = `${(100 * Math.abs(logits[k])) / width}%`;
        row.classList.toggle("fb-best", k === best);
        row.classList.toggle("fb-chosen", k === target);
      });
    },
  };
}

function softmax(logits) {
  const most = Math.max(...logits), powers = Array.from(logits, (logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power);
  return powers.map((power) => power / sum);
}
