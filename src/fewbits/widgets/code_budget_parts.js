// The curve, the numbers and the words of CodeBudget.

function makeCurve(budgets, setPlace) {
  const margin = { left: 46, right: 12, top: 8, bottom: 34 }, { counts } = budgets;
  const panel = plot({ height: 210, margin, description: "Share of pictures named rightly, by codes a class",
    caption: h("span", {}, "Named rightly",
      h("span", { class: "fb-key protoquant-text" }, "fitted again"),
      h("span", { class: "fb-key fb-key-dot wrong-text" }, "as fitted"),
      h("span", { class: "fb-key fb-key-dash float-text" }, "whole head"),
      h("span", { class: "fb-key float-text" }, "chance")) });
  const level = panel.add("line", "float-line dash"), chance = panel.add("line", "float-line thin");
  const lines = { false: panel.add("path", "wrong-line dot"), true: panel.add("path", "protoquant-line") };
  const here = panel.add("line", "ink-line thin"), dot = panel.add("circle", "protoquant-mark");
  let x = null;
  follow(panel, (across) => {
    if (!x) return;
    const far = counts.map((count) => Math.abs(x(count) - across));
    setPlace(far.indexOf(Math.min(...far)));
  });
  return {
    element: panel.element,
    resize() {
      const width = panel.element.parentNode.clientWidth;
      if (!width) return; // folded away: drawn when it opens
      panel.resize(width);
      x = logarithmic(counts[0] * 0.92, counts.at(-1) * 1.08, panel.box.left, panel.box.right);
      let last = -Infinity; // names that would run into each other are left out
      const named = counts.filter((count) => x(count) - last > 18 && (last = x(count)));
      x.ticks = () => named.map((count) => [count, whole(count)]);
    },
    draw({ listed, at, least, refit, found }) {
      if (!x) return;
      const { left, right, top, bottom } = panel.box, share = linear(0, 1.03, bottom, top);
      panel.drawAxes(x, Object.assign((value) => share(value), { ticks: () => [0, 0.25, 0.5, 0.75, 1]
        .map((value) => [value, percent(value)]) }));
      panel.label("codes a class");
      const flat = (value) => ({ x1: left, x2: right, y1: share(value), y2: share(value) });
      const across = x(counts[at]);
      place(level, flat(found.own.whole));
      place(chance, flat(1 / budgets.classes.length));
      for (const again of [false, true]) {
        place(lines[again], { d: line(counts, budgets.curve(listed, least, again), x, share) });
      }
      place(here, { x1: across, x2: across, y1: top, y2: bottom });
      place(dot, { r: 5, cx: px(across), cy: px(share(found.accuracy)) });
      dot.classList.toggle("cb-hollow", !refit);
    },
  };
}

const BUDGET_ROWS = {
  "What it costs": [["accuracy", "named rightly"], ["whole", "by the whole head"]],
  "What there is to read": [
    ["local", "codes of the class decided, mean"], ["carrying", "that carry 95 % of its logit"],
    ["used", "codes used at all"], ["shared", "classes a code, of these"],
  ],
  "What went": [
    ["rare", "codes rarer than that"], ["alike", "classes with another\u2019s codes"],
    ["bare", "classes without a code"],
  ],
};

function makeBudgetTable() {
  const rows = {};
  const groups = Object.entries(BUDGET_ROWS).map(([title, listed]) => numbersUnder(title, listed, rows));
  return {
    element: h("div", { class: "cb-table" }, ...groups),
    show({ accuracy, own, local, carrying, uses, shared, alike, bare }, least) {
      const rare = own.usage.filter((use) => use < least).length;
      const shares = { accuracy, whole: own.whole }, means = { local, carrying, shared };
      const counts = { rare, alike, bare };
      for (const [name, value] of Object.entries(shares)) rows[name].show(value, percent(value));
      for (const [name, value] of Object.entries(means)) rows[name].show(value, digits(value, 3));
      for (const [name, value] of Object.entries(counts)) rows[name].show(value, whole(value));
      rows.used.show(uses.used, `${whole(uses.used)} of ${whole(own.count)}`);
    },
  };
}

// Accuracy and size in one sentence, and what stands in the way of reading.
function sayBudget({ found, counts, at }, { classes }) {
  const { accuracy, own, uses, alike, names, bare } = found, many = counts[at];
  const codes = `${whole(many)} code${many === 1 ? "" : "s"} a class`;
  const text = `At most ${codes}, ${whole(uses.used)} in all: ${percent(accuracy)} named rightly, ` +
    `${percent(own.whole)} by the whole head.`;
  if (bare) {
    const plural = bare === 1 ? "class has" : "classes have";
    return { tone: "wrong", text: `${text} ${whole(bare)} ${plural} no code left and can hardly be named.` };
  }
  if (alike) {
    const row = names.findIndex((name, k) => names.lastIndexOf(name) !== k);
    const same = classes.filter((_, k) => names[k] === names[row]).map(spoken);
    const told = `${same.slice(0, -1).join(", ")} and ${same.at(-1)}`;
    return { tone: "wrong", text: `${text} ${told} have the same codes: only weights tell them apart.` };
  }
  return { tone: own.whole - accuracy > 0.1 ? "wrong" : "plain", text };
}
