// Around the pictures of SaliencyCompare: the images, the tables, the curves, the sentence.

const two = (value) => (Number.isFinite(value) ? value.toFixed(2).replace("-", "\u2212") : "none");
const rounded = (share) => `${Math.round(100 * share)}\u00a0%`;
const pixels = (count) => `${digits(count, 3)} px`;

// The images to choose from.
function makeImages(shelf, onChange) {
  const strip = makeStrip({ legend: "Image", name: "image", count: shelf.count, side: SIDE }, onChange);
  return {
    element: strip.element,
    show(now) {
      const wrong = Array.from({ length: shelf.count }, (_, image) =>
        now.models.some((model) => predict(shelf.logits(model, image)).index !== shelf.labels[image]));
      const texts = wrong.map((trouble, image) => {
        const name = `${image + 1}: ${shelf.classes[shelf.labels[image]]}`;
        return trouble ? `${name}, one of the two models is wrong` : name;
      });
      strip.show(now.at, texts, wrong, "Underlined: at least one of the two models is wrong.");
    },
    paint({ paper, ink }) {
      strip.canvases.forEach((canvas, image) => {
        const grey = shelf.image(image);
        paint(canvas, SIDE, SIDE, (i) => mix(paper, ink, grey[i]));
      });
    },
  };
}

// A table of outputs: rows are [label, names...]; head is rows of [text, columns].
function makeTable(caption, head, rows) {
  const shown = {}, labels = {};
  const top = head.map((cells) => h("tr", {}, h("td"), ...cells.map(([text, columns = 1]) =>
    h("th", { scope: columns > 1 ? "colgroup" : "col", colspan: columns }, text))));
  const body = rows.map(([label, ...names]) => {
    const title = h("th", { scope: "row" }, label);
    labels[names[0]] = title;
    return h("tr", {}, title, ...names.map((name) => {
      shown[name] = output(name);
      return h("td", {}, shown[name].element);
    }));
  });
  const element = h("table", { class: "fb-ledger" }, h("caption", {}, caption),
    h("thead", {}, ...top), h("tbody", {}, ...body));
  return { element, shown, labels };
}

const MEASURES = [["Spearman", "spearman"], ["top k", "topk"], ["SSIM", "ssim"]];
function makeAgreement(withSeeds) {
  const places = ["whole", "inside"].map((text) => [text]);
  const head = withSeeds ? [[["this pair", 2], ["two seeds", 2]], [...places, ...places]] : [places];
  const prefixes = withSeeds ? ["", "seeds-"] : [""];
  const rows = MEASURES.map(([label, name]) =>
    [label, ...prefixes.flatMap((prefix) => [`${prefix}${name}`, `${prefix}${name}-inside`])]);
  const caption = "Agreement: 1 is equal; \u201cinside\u201d is in the foreground";
  const { element, shown, labels } = makeTable(caption, head, rows);
  return {
    element,
    show({ agrees, seeds, share }) {
      labels.topk.textContent = `top ${percent(share)}`;
      for (const [name, value] of Object.entries(agrees)) shown[name].show(value, two(value));
      for (const [name, value] of Object.entries(seeds ?? {})) shown[`seeds-${name}`].show(value, two(value));
    },
  };
}

// The numbers of deletion beneath each picture, and both curves.
const FOUND = [["score", "probability", two], ["area", "curve\u2019s area", two], ["ink", "ink gone", rounded]];
function makeDeletion() {
  const rows = SIDES.map((side) => FOUND.map(([name, label]) => number(`${side}-${name}`, label)));
  const chart = plot({
    caption: "Probability of the class explained", height: 230,
    description: "Deletion curves of both models: probability over the share of pixels removed",
    margin: { left: 30, right: 14, top: 8, bottom: 34 },
  });
  const lines = SIDES.map((side) => chart.add("path", `sc-${side}-line`));
  const here = chart.add("line", "ink-line thin");
  const dots = SIDES.map((side) => chart.add("circle", `sc-${side}-mark`));
  return {
    chart, numbers: rows.map((three) => h("div", { class: "sc-numbers" }, ...three.map(({ element }) => element))),
    show({ curves }) {
      curves.forEach((curve, k) => FOUND.forEach(([name, , words], row) => {
        rows[k][row].show(curve[name], words(curve[name]));
      }));
    },
    draw({ curves, counts, removed }) {
      const { left, right, top, bottom } = chart.box;
      const x = linear(0, 100, left, right), y = linear(-0.03, 1.03, bottom, top);
      chart.drawAxes(x, y);
      chart.label("pixels removed, %");
      const shares = counts.map((count) => (100 * count) / PIXELS), at = x(100 * removed);
      curves.forEach(({ scores, score }, k) => {
        place(lines[k], { d: line(shares, scores, x, y) });
        place(dots[k], { r: 5, cx: at, cy: y(score) });
      });
      place(here, { x1: at, x2: at, y1: top, y2: bottom });
    },
  };
}

// What a model says of the image, in words; wrong ones in the colour of what is wrong.
function makeVerdict(side) {
  const said = output(`${side}-prediction`), sure = output(`${side}-confidence`);
  const element = h("span", {}, "says ", said.element, ", ", sure.element);
  return {
    element,
    show({ index, confidence, right }, classes) {
      element.className = right ? "" : "wrong-text";
      said.show(index, right ? classes[index] : `${classes[index]}, wrong`);
      sure.show(confidence, percent(confidence));
    },
  };
}

// One sentence on what is seen at this choice.
function advice({ models, verdicts, maps, scales, own, agrees, seeds, yardstick, share, names }) {
  const wrong = (text) => ({ tone: "wrong", text }), plain = (text) => ({ tone: "plain", text });
  const flat = maps.findIndex((map) => map.every((value) => value === map[0]));
  if (models[0] === models[1]) return plain("Left and right are the same model: choose another to compare.");
  if (flat >= 0) {
    return wrong(`The map of ${names[flat]} is the same everywhere: it ranks no pixel above another.`);
  }
  const common = rounded(agrees.topk), top = `top ${rounded(share)} of pixels`;
  if (yardstick) {
    return plain(`These two differ by their seed alone, and share ${common} of the ${top} ` +
      `(chance: ${rounded(share)}): the yardstick for every other pair.`);
  }
  const answers = verdicts[0].index === verdicts[1].index ? "" :
    " The two models give different answers here: count such images apart.";
  const sizes = own ? [1, 1] : maps.map((map) => map.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  const weak = sizes[0] < sizes[1] ? 0 : 1, ratio = sizes[1 - weak] / sizes[weak];
  const faint = ratio > 4 ? ` The ${["left", "right"][weak]} map is ${digits(ratio, 2)} times weaker: ` +
    "give each map its own scale to see it." : "";
  if (!seeds) return plain(`The maps share ${common} of the ${top}; chance: ${rounded(share)}.${answers}${faint}`);
  const gap = agrees.topk - seeds.topk, floor = rounded(seeds.topk);
  const judged = gap < -0.05 ? "They differ more than seeds do, on this image."
    : gap > 0.05 ? "They differ less than seeds do, on this image." : "They differ as much as seeds do, no more.";
  return plain(`The maps share ${common} of the ${top}, two float networks of different seeds ${floor}. ` +
    `${judged}${answers}${faint}`);
}
