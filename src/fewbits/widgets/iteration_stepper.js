// IterationStepper: the loop moment by moment; a layer is fitted again, rounded, and the features tuned around it.

const STEPPED = ["moment", "feature"];

function stepping({ model, root, safely }, loop) {
  const { steps, features } = loop;
  const set = (name) => (value) => { model.set(name, Number(value)); model.save_changes(); };
  const moment = slider({ label: "Moment", name: "moment", min: 0, max: steps.length - 1 }, set("moment"));
  const options = Array.from({ length: features }, (_, f) => [String(f), String(f)]);
  const feature = select({ label: "Feature", name: "feature", options }, set("feature"));
  const status = h("p", { class: "fb-status", role: "status" });
  const plots = makeStepPlots(loop, set("moment")), table = makeStepTable(loop.store);
  moment.element.classList.add("fb-wide");
  root.append(
    h("div", { class: "fb-controls fb-sliders" }, moment.element, feature.element),
    status,
    h("div", { class: "fb-plots" }, h("div", {}, plots.left, table.left), h("div", {}, plots.right, table.right)),
    h("div", { class: "fb-whole" }, plots.matrix.element), table.note,
  );
  let now = { at: 0, feature: 0 };

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = whatHappened(steps, now.at);
    status.dataset.tone = tone;
    if (status.textContent !== text) status.textContent = text; // said aloud only when it changes
    plots.draw(now);
  }));
  const update = safely(() => {
    now = { at: model.get("moment"), feature: model.get("feature") };
    const { place, kind } = steps[now.at];
    moment.show(now.at, now.at, `pass ${place}, ${KIND_WORDS[kind]}`);
    feature.show(String(now.feature));
    table.show(steps[now.at], now.feature);
    draw();
  });
  const events = STEPPED.map((name) => `change:${name}`);
  for (const event of events) model.on(event, update);
  const resized = new ResizeObserver(() => { plots.resize(); draw(); });
  resized.observe(root);
  plots.resize();
  update();
  return () => {
    draw.cancel();
    resized.disconnect();
    for (const event of events) model.off(event, update);
  };
}

// What this step did to the one before, in words.
function whatHappened(steps, at) {
  const step = steps[at], before = steps[at - 1], share = percent(step.accuracy);
  const said = `${whole(step.uses.nonzeros)} weights, ${share} named rightly`;
  if (!before) return { tone: "plain", text: `The first sparse fit: ${said}.` };
  const gain = step.accuracy - before.accuracy, points = digits(100 * Math.abs(gain), 3);
  const moved = Math.abs(gain) < 1e-9 ? "no picture more or less"
    : `${points} points ${gain > 0 ? "more" : "fewer"}`;
  const did = {
    fitted: `Fitted again to the features as they are now: ${whole(step.changes.length)} places of the layer ` +
      "change",
    rounded: "Rounded to plus, minus and nothing",
    tuned: "The layer stays, the features were trained to suit it",
  }[step.kind];
  return { tone: gain < -0.1 ? "wrong" : "plain", text: `${did}. ${said}, ${moved} than before.` };
}

const control = { render: mounted("IterationStepper", unpacked(makeSteps, stepping)) };
export default control;
