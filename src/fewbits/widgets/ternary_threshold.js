// TernaryThreshold: a cut through a layer's sorted weights; what stays becomes -a, 0 or a.

const CHOSEN = ["kept", "sizes", "bias"];

function cutting({ model, root, safely }, cuts) {
  const set = (name) => (value) => { model.set(name, value); model.save_changes(); };
  const kept = slider({ label: "Weights that stay", name: "kept", min: 1, max: cuts.ranked.length }, set("kept"));
  const sizes = select({ label: "They become", name: "sizes", options: SIZES }, set("sizes"));
  const bias = select({ label: "The bias is", name: "bias", options: BIASES }, set("bias"));
  const status = h("p", { class: "fb-status", role: "status" });
  const plots = makeCutPlots(cuts, set("kept")), table = makeCutTable(cuts.store);
  kept.element.classList.add("fb-wide");
  root.append(
    h("div", { class: "fb-controls" }, sizes.element, bias.element),
    h("div", { class: "fb-controls fb-sliders" }, kept.element),
    status,
    h("div", { class: "fb-plots" }, h("div", {}, plots.left, table.left), h("div", {}, plots.right, table.right)),
    h("div", { class: "fb-whole" }, plots.matrix.element), table.note,
  );
  let now = {};

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = verdict(now, cuts);
    status.dataset.tone = tone;
    if (status.textContent !== text) status.textContent = text; // said aloud only when it changes
    plots.draw(now);
  }));
  const update = safely(() => {
    const [count, size, way] = CHOSEN.map((name) => model.get(name));
    now = { count, layer: cuts.at(count, size, way), curve: cuts.curve(size, way), fitted: cuts.fitted };
    kept.show(count, count, whole(count));
    sizes.show(size);
    bias.show(way);
    table.show(now);
    draw();
  });
  const events = CHOSEN.map((name) => `change:${name}`);
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

// What the cut costs, and whether two classes can still be told apart.
function verdict({ layer, fitted }, { store }) {
  const { mean, fewest, most } = layer.uses, lost = fitted - layer.accuracy;
  const average = `${fewest} to ${most} features, ${digits(mean, 3)} on average`;
  const spread = fewest === most ? `${most} features` : average;
  const beside = `${percent(layer.accuracy)} named rightly, ${percent(fitted)} by the layer as it was fitted.`;
  if (layer.alike) {
    const text = `${whole(layer.alike)} of ${store.classNames.length} classes have the same row as another: ` +
      `nothing but the bias tells them apart. ${beside}`;
    return { tone: "wrong", text };
  }
  const text = `A class has ${spread}. ${beside}`;
  if (lost <= 0.1) return { tone: "plain", text };
  return { tone: "wrong", text: `${text} More than a tenth of the pictures is lost.` };
}

const control = { render: mounted("TernaryThreshold", unpacked(makeCuts, cutting)) };
export default control;
