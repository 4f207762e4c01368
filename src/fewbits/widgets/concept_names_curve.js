// Beside the list of ConceptNames: both rates over all thresholds, and what is counted at the present one.

function makeCurve(setLevel) {
  const used = h("span", { class: "fb-key qsenn-text" });
  const named = h("span", { class: "fb-key fb-key-dash ink-text" });
  const panel = plot({ height: 190, margin: { left: 46, right: 10, top: 8, bottom: 34 },
    description: "Rates over all thresholds, the present one marked",
    caption: h("span", { class: "cn-keys" }, "At every threshold", used, named,
      h("span", { class: "fb-key fb-key-dot float-text" }, "chance")) });
  const chance = panel.add("line", "float-line dot"), here = panel.add("line", "ink-line thin");
  const curves = [panel.add("path", "ink-line dash"), panel.add("path", "qsenn-line")];
  const dots = [panel.add("circle", "ink-mark"), panel.add("circle", "qsenn-mark")];
  let x = null;
  follow(panel, (across) => { if (x) setLevel(Math.min(1, Math.max(0, x.invert(across)))); });
  return {
    element: panel.element,
    resize() {
      const width = panel.element.parentNode.clientWidth;
      if (!width) return; // folded away: drawn when it opens
      panel.resize(width);
      x = linear(0, 1, panel.box.left, panel.box.right);
    },
    draw({ board, level, rule, counts }) {
      if (!x) return;
      const { top, bottom } = panel.box, y = linear(0, 1.04, bottom, top);
      const sides = { ticks: () => [0, 0.5, 1].map((share) => [share, percent(share)]) };
      panel.drawAxes(x, Object.assign((share) => y(share), sides));
      panel.label("threshold");
      const reads = board.known ? [({ ofNamed }) => ofNamed, ({ used: share }) => share]
        : [() => NaN, ({ named: some, features }) => some / features];
      used.textContent = board.known ? "of all features, rightly named" : "features with a name";
      named.textContent = board.known ? "of the names, right" : "";
      named.hidden = !board.known;
      reads.forEach((read, k) => {
        const share = read(counts), there = Number.isFinite(share);
        place(curves[k], { d: stairs(board.curve(rule), read, x, y) });
        const visibility = there ? "visible" : "hidden";
        place(dots[k], { r: 5, cx: px(x(level)), cy: px(y(there ? share : 0)), visibility });
      });
      for (const [mark, at] of [[chance, board.chance], [here, level]]) {
        place(mark, { x1: px(x(at)), x2: px(x(at)), y1: top, y2: bottom });
      }
    },
  };
}

// A share that changes only where a score is: flat up to each, then a step.
function stairs(curve, read, x, y) {
  let path = "", from = 0;
  for (const [level, counts] of curve) {
    const up = px(y(read(counts))), to = Math.min(1, level);
    if (Number.isFinite(read(counts))) path += `${path ? "L" : "M"}${px(x(from))} ${up}H${px(x(to))}`;
    from = to;
  }
  return path;
}

const NAME_COUNTS = [
  ["features", "features"],
  ["named", "with a name", "named"], ["right", "right", "right"], ["wrong", "wrong", "wrong"],
  ["unnamed", "without a name", "unnamed"], ["missed", "the truth has one", "missed"],
  ["nothing", "the truth has none", "nothing"],
];
const NAME_RATES = [
  ["of-used", "of all features, rightly named"], ["of-named", "of the names, right"],
  ["swapped", "another feature\u2019s name, right"], ["by-chance", "a concept at random, right"],
  ["chance", "score that chance reaches"], ["floor", "correlation that chance reaches"],
];
const JUDGED = ["right", "wrong", "missed", "nothing", "of-used", "of-named", "swapped", "by-chance", "floor"];

// The counts explain the marks of the list; the rates stand at the dots of the curve.
function makeNameTables() {
  const rows = {}, marks = {};
  const section = (title, listed) => {
    for (const [name, label, state] of listed) {
      const mark = state ? [makeMark(state).element, " "] : [], under = JUDGED.includes(name) && state;
      rows[name] = number(name, h("span", { class: under && "cn-under" }, ...mark, label));
      if (state && !under) [marks[name]] = mark; // of names that nobody judges
    }
    return h("section", { class: "fb-numbers", "aria-label": title }, h("p", { class: "fb-title" }, title),
      ...listed.map(([name]) => rows[name].element));
  };
  return {
    counts: section("Counts", NAME_COUNTS), rates: section("Rates and chance", NAME_RATES),
    show({ board, counts, rule }) {
      for (const name of JUDGED) rows[name].element.hidden = !board.known;
      for (const mark of Object.values(marks)) mark.style.display = board.known ? "none" : "";
      for (const [name] of NAME_COUNTS) rows[name].show(counts[name], whole(counts[name]));
      const [random, swapped] = board.chances[rule] ?? [NaN, NaN];
      const shares = { "of-used": counts.used, "of-named": counts.ofNamed, "by-chance": random, swapped };
      for (const [name, share] of Object.entries(shares)) rows[name].show(share, percent(share));
      rows.chance.show(board.chance, scoreText(board.chance));
      rows.floor.show(board.floor ?? NaN, scoreText(board.floor ?? NaN));
    },
  };
}
