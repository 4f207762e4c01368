// The pictures and the numbers of IterationStepper.

const BINS = 24;
const KIND_WORDS = { fitted: "fitted again", rounded: "rounded", tuned: "tuned around" };
const GROUPS = [["plus", "qsenn-fill", 1], ["rest", "float-fill", -1], ["minus", "wrong-line", -1]];

function makeStepPlots({ steps, store, features }, setMoment) {
  const margin = { left: 46, right: 10, top: 8, bottom: 34 };
  const scores = plot({ height: 200, margin, description: "Share of pictures named rightly, moment by moment",
    caption: h("span", {}, "Named rightly", h("span", { class: "fb-key fb-key-box qsenn-text" }, "tuned: discs"),
      h("span", { class: "fb-key fb-key-box wrong-text" }, "rounded: squares"),
      h("span", { class: "fb-key fb-key-box float-text" }, "fitted: rings")) });
  const spread = plot({ height: 200, margin,
    description: "The chosen feature on the pictures, by what it says of them",
    caption: h("span", {}, "The feature on pictures of classes it speaks",
      h("span", { class: "fb-key fb-key-box qsenn-text" }, "for"),
      h("span", { class: "fb-key wrong-text" }, "against"),
      h("span", { class: "fb-key fb-key-box float-text" }, "not of")) });
  const matrix = makeMatrix(store);
  const track = scores.add("path", "float-line thin");
  const marks = Object.fromEntries(
    Object.keys(KIND_WORDS).map((kind) => [kind, scores.add("path", STEP_MARKS[kind])]));
  const here = scores.add("line", "ink-line thin");
  const areas = GROUPS.map(([, className]) => spread.add("path", className));
  const middle = spread.add("line", "ink-line thin");
  let x = null;

  follow(scores, (across) => {
    if (x) setMoment(Math.min(steps.length - 1, Math.max(0, Math.round(x.invert(across)))));
  });

  function drawScores(at) {
    const share = linear(0, 1.04, scores.box.bottom, scores.box.top), passes = steps.at(-1).place;
    const ticks = () => Array.from({ length: passes }, (_, k) => [3 * k + 1, String(k + 1)]);
    scores.drawAxes(Object.assign((value) => x(value), { ticks }), share);
    scores.label("pass");
    place(track, { d: line(steps.map((_, k) => k), steps.map((step) => step.accuracy), x, share) });
    for (const kind of Object.keys(KIND_WORDS)) {
      const found = steps.map((step, k) => [step, k]).filter(([step]) => step.kind === kind);
      const d = found.map(([step, k]) => stepMark(kind, x(k), share(step.accuracy), k === at ? 6 : 4)).join("");
      place(marks[kind], { d });
    }
    place(here, { x1: x(at), x2: x(at), y1: scores.box.top, y2: scores.box.bottom });
  }
  function drawSpread(step, f) { // one range for all moments, so that one sees the pictures move
    const [low, high] = rangeOf(steps, f), values = column(step.store, f), signs = step.of(f);
    const chosen = (wanted) => values.filter((_, i) => wanted(signs[store.labels[i]]));
    const shares = {
      plus: chosen((sign) => sign > 0), minus: chosen((sign) => sign < 0), rest: chosen((sign) => !sign),
    };
    for (const name of Object.keys(shares)) shares[name] = sharesIn(shares[name], low, high, BINS);
    const most = Math.max(0.2, ...Object.values(shares).flat());
    const across = linear(low, high, spread.box.left, spread.box.right);
    const up = linear(-most, most, spread.box.bottom, spread.box.top);
    const sides = Object.assign((value) => up(value), {
      ticks: () => linear(0, most, 0, 1).ticks(2).slice(1).flatMap(([v]) => [[v, percent(v)], [-v, percent(v)]]),
    });
    spread.drawAxes(across, sides);
    spread.label("value, in its own unit");
    GROUPS.forEach(([name, , direction], k) => {
      place(areas[k], { d: outline(shares[name].map((share) => direction * share), low, high, across, up) });
    });
    place(middle, { x1: spread.box.left, x2: spread.box.right, y1: up(0), y2: up(0) });
  }
  return {
    left: scores.element, right: spread.element, matrix,
    resize() {
      const width = scores.element.parentNode.clientWidth;
      if (!width) return; // folded away: drawn when it opens
      for (const panel of [scores, spread]) panel.resize(width);
      matrix.resize(matrix.element.parentNode.clientWidth);
      x = linear(-0.6, steps.length - 0.4, scores.box.left, scores.box.right);
    },
    draw({ at, feature }) {
      if (!x) return;
      drawScores(at);
      drawSpread(steps[at], feature);
      matrix.draw(steps[at].rows, -1, steps[at].changes, feature);
    },
  };
}

const STEP_MARKS = { fitted: "float-line", rounded: "wrong-solid", tuned: "qsenn-fill" };

function stepMark(kind, x, y, r) { // a ring, a square, a disc: not by colour alone
  if (kind === "rounded") return `M${px(x - r)} ${px(y - r)}h${2 * r}v${2 * r}h${-2 * r}z`;
  return `M${px(x - r)} ${px(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
}

// Bars side by side as one shape; nothing where a group has no picture.
function outline(heights, low, high, across, up) {
  if (heights.every((height) => !height)) return "";
  const wide = (high - low) / heights.length;
  let path = `M${px(across(low))} ${px(up(0))}`;
  heights.forEach((height, k) => { path += `V${px(up(height))}H${px(across(low + (k + 1) * wide))}`; });
  return `${path}V${px(up(0))}z`;
}

function rangeOf(steps, f) {
  let [low, high] = [Infinity, -Infinity];
  for (const { store } of steps) {
    for (const value of column(store, f)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  }
  return high > low ? [low, high] : [low - 1, high + 1];
}

const STEP_ROWS = {
  Layer: [
    ["accuracy", "named rightly"], ["nonzeros", "weights not 0"], ["changed", "changed since the pass before"],
    ["used", "features used"], ["apart-mean", "louder where they should be"], ["contrast-mean", "two-humped"],
  ],
  Feature: [
    ["speaks-for", "classes it speaks for"], ["speaks-against", "classes it speaks against"],
    ["apart", "louder where it should be"], ["contrast", "two-humped"],
  ],
};

function makeStepTable(store) {
  const rows = {}, note = h("p", { class: "fb-note" },
    "A frame: this place of the layer has changed since the pass before. Louder where it should be: on a " +
    "picture of a class it speaks for than on any other, 50 % by chance. " +
    `Two-humped: contrastiveness, 0 to 1. ${picturesShown(store)}`);
  const group = (title) => numbersUnder(title, STEP_ROWS[title], rows);
  return {
    left: group("Layer"), right: group("Feature"), note,
    show(step, feature) {
      const signs = step.of(feature), used = [...new Set(step.rows.flat().map(([f]) => f))];
      const mean = (list) => used.reduce((sum, f) => sum + list[f], 0) / used.length;
      const shares = {
        accuracy: step.accuracy, apart: step.apart[feature], "apart-mean": used.length ? mean(step.apart) : 0.5,
      };
      for (const [name, value] of Object.entries(shares)) rows[name].show(value, percent(value));
      const contrasts = {
        contrast: step.contrasts[feature], "contrast-mean": used.length ? mean(step.contrasts) : 0,
      };
      for (const [name, value] of Object.entries(contrasts)) rows[name].show(value, digits(value, 3));
      const counts = {
        nonzeros: step.uses.nonzeros, changed: step.changes.length, used: step.uses.used,
        "speaks-for": signs.filter((sign) => sign > 0).length,
        "speaks-against": signs.filter((sign) => sign < 0).length,
      };
      for (const [name, value] of Object.entries(counts)) rows[name].show(value, whole(value));
    },
  };
}
