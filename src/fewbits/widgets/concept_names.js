// ConceptNames: what features are called under a threshold, how many of the names are right, and why.

const CHOICES = ["by", "threshold", "rule", "feature"];
const LEVELS = 100; // of the slider

function naming({ model, root, safely }, names) {
  const set = (name) => (value) => { model.set(name, value); model.save_changes(); };
  const setLevel = (value) => set("threshold")(Math.round(LEVELS * value) / LEVELS);
  const labels = names.boards.map(({ label }) => [label, label]);
  const by = select({ label: "Named by", name: "by", options: labels }, set("by"));
  const rule = select({ label: "A name is right if it is", name: "rule", options: RULES }, set("rule"));
  const threshold = slider({ label: "Threshold", name: "threshold", min: 0, max: LEVELS },
    (position) => setLevel(position / LEVELS));
  const reset = h("button", { type: "button", "data-input": "reset" }, "Back to chance");
  reset.addEventListener("click", () => set("threshold")(null));
  const status = h("p", { class: "fb-status", role: "status" });
  const list = makeList(names, set("feature")), curve = makeCurve(setLevel);
  const tables = makeNameTables(), card = makeNameCard(names);
  root.append(
    h("div", { class: "fb-controls" }, by.element, rule.element),
    h("div", { class: "fb-controls fb-sliders cn-level" }, threshold.element, reset), status,
    h("div", { class: "cn-top" }, list.element,
      h("div", {}, curve.element, h("div", { class: "cn-tables" }, tables.counts, tables.rates))),
    card.element,
  );
  let now = {};

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = sayNames(now);
    status.dataset.tone = tone;
    if (status.textContent !== text) status.textContent = text; // said aloud only when it changes
    curve.draw(now);
    card.draw(now);
  }));
  const update = safely(() => { // the numbers at once, the drawing before the next picture
    now = lookAt(names, model);
    by.show(now.board.label);
    rule.show(now.rule);
    rule.input.disabled = !now.board.known;
    threshold.show(Math.round(LEVELS * now.level), now.level, scoreText(now.level));
    reset.disabled = now.threshold === null;
    for (const part of [list, tables, card]) part.show(now, names);
    draw();
  });
  const events = CHOICES.map((name) => `change:${name}`);
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

const control = { render: mounted("ConceptNames", unpacked(makeNames, naming)) };
export default control;
