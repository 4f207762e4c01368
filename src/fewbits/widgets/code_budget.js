// CodeBudget: how few codes a class are enough, and what is left of the head.

const HELD = ["codes", "kept", "weights", "least", "row"];
const USES = 1000; // the slider's steps to the whole of all cells
const WAYS = [["again", "fitted again"], ["fitted", "as they were in the whole head"]];

function budgeting({ model, root, safely }, budgets) {
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const { counts, classes, lists, cargo } = budgets, setPlace = (place) => put("kept", counts[place]);
  const codes = select({ label: "Codes", name: "codes", options: lists.map(({ name }) => [name, name]) },
    (value) => put("codes", value));
  const weights = select({ label: "Weights", name: "weights", options: WAYS }, (value) => put("weights", value));
  const few = slider({ label: "Codes a class, k", name: "kept", min: 0, max: counts.length - 1 }, setPlace);
  few.input.disabled = counts.length < 2;
  const least = slider({ label: "Silence codes rarer than", name: "least", min: 0,
    max: Math.round(cargo.most * USES) }, (position) => put("least", position / USES));
  const status = h("p", { class: "fb-status", role: "status" });
  const curve = makeCurve(budgets, setPlace), table = makeBudgetTable(), mine = makeKept(budgets);
  const list = makeClasses(budgets, (name) => put("row", name));
  const matrices = h("div", { class: "cb-whole" });
  root.append(
    h("div", { class: "fb-controls" }, codes.element, weights.element),
    h("div", { class: "fb-controls fb-sliders cb-sliders" }, few.element, least.element), status,
    h("div", { class: "cb-top" }, h("div", {}, curve.element), table.element),
    h("div", { class: "cb-middle" }, list.element, mine.element), matrices,
    h("p", { class: "fb-note" }, "A code that is cut is silenced: its weight is 0, and no other score moves, " +
      "because it keeps its share of the softmax. Dropped from the softmax, it would leave its share to the " +
      `others, and every picture would have to be scored again. ${whole(lists[0].store.count)} test pictures.`),
  );
  const made = new Map(); // a matrix for each number of codes
  const matrixOf = (features) => {
    if (!made.has(features)) {
      made.set(features, makeMatrix({ classNames: classes.map(spoken), features },
        { unit: "code", hue: "protoquant", signed: false }));
    }
    return made.get(features);
  };
  let now = {}, wide = 0, shown = null;

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = sayBudget(now, budgets), matrix = matrixOf(now.found.own.count);
    status.dataset.tone = tone;
    if (status.textContent !== text) status.textContent = text; // said aloud only when it changes
    curve.draw(now);
    if (matrix !== shown || matrices.clientWidth !== wide) {
      matrices.replaceChildren(matrix.element);
      if (matrices.clientWidth) matrix.resize(matrices.clientWidth);
      [shown, wide] = [matrix, matrices.clientWidth];
    }
    matrix.draw(now.found.head, now.row);
  }));
  const update = safely(() => {
    const [name, count, way, share, row] = HELD.map((held) => model.get(held));
    const place = lists.findIndex((own) => own.name === name), at = counts.indexOf(count), refit = way === "again";
    const found = budgets.at(place, at, share, refit);
    now = { listed: place, at, refit, found, counts, least: share, row: classes.indexOf(row) };
    codes.show(name);
    weights.show(way);
    few.show(at, count, whole(count));
    least.show(Math.round(share * USES), share, percent(share));
    table.show(found, share);
    list.show(found, now.row);
    mine.show(found, now.row);
    draw();
  });
  const events = HELD.map((name) => `change:${name}`);
  for (const event of events) model.on(event, update);
  const resized = new ResizeObserver(() => { curve.resize(); draw(); });
  resized.observe(root);
  curve.resize();
  update();
  return () => {
    draw.cancel();
    resized.disconnect();
    for (const event of events) model.off(event, update);
  };
}

const control = { render: mounted("CodeBudget", unpacked(makeBudgets, budgeting)) };
export default control;
