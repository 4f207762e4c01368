// QuantizerPlayground: one look at what a clip and a number of bits do to a layer's values.

const SCHEMES = [
  ["pact", "0 to alpha (PACT, for activations)"],
  ["signed", "\u2212alpha to alpha, one level is 0"],
  ["sawb", "\u2212alpha to alpha, no level is 0 (SAWB, DoReFa)"],
];

function view({ model, root, safely }) {
  const samples = model.get("samples").map((sample) => ({ ...sample, values: floats(sample.values) }));
  if (!samples.length) throw new Error("no sample arrived with its state");
  const swept = new Map(), gradients = model.get("gradients");
  let now = {};

  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const sampleNamed = (name) => samples.find((sample) => sample.name === name) ?? samples[0];
  function switchSample(name) { // alpha keeps its place in the new sample's range
    const alpha = (now.alpha * sampleNamed(name).top) / now.sample.top;
    model.set("sample", name);
    set("alpha", alpha);
  }

  const names = samples.map(({ name }) => [name, name]);
  const setScheme = (value) => set("scheme", value), setBits = (value) => set("bits", value);
  const setAlpha = (value) => set("alpha", value);
  const slide = (position) => setAlpha(alphaAt(position, now.sample.top));
  const choose = select({ label: "Values", name: "sample", options: names }, switchSample);
  const scheme = select({ label: "Range and levels", name: "scheme", options: SCHEMES }, setScheme);
  const bits = slider({ label: "bits", name: "bits", min: 1, max: 8 }, setBits);
  const alpha = slider({ label: "alpha", name: "alpha", min: -BELOW, max: POSITIONS }, slide);
  const ruler = makeRuler();
  alpha.element.append(ruler.element);
  alpha.element.classList.add("fb-wide");
  const jump = h("button", { type: "button", "data-input": "jump" }, "To the smallest error");
  jump.addEventListener("click", () => setAlpha(now.curves.best));
  const status = h("p", { class: "fb-status", role: "status" });
  const plots = makePlots(setAlpha, gradients), table = makeTable(gradients);
  const values = h("div", {}, plots.left, table.left), costs = h("div", {}, plots.right, table.right);
  const button = h("div", { class: "fb-field" }, jump);
  root.append(
    h("div", { class: "fb-controls" }, choose.element, scheme.element),
    h("div", { class: "fb-controls fb-sliders" }, bits.element, button, alpha.element),
    status, h("div", { class: "fb-plots" }, values, costs), table.note,
  );

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = advice({ ...now, gradients });
    status.dataset.tone = tone;
    const said = text.map((part) => part.textContent ?? part).join("");
    if (status.textContent !== said) status.replaceChildren(...text); // said aloud only when it changes
    ruler.draw(now.sample.top);
    plots.draw(now);
  }));
  const update = safely(() => { // the numbers at once, the drawing before the next picture
    const sample = sampleNamed(model.get("sample"));
    now = { sample, alpha: model.get("alpha"), bits: model.get("bits"), scheme: model.get("scheme") };
    const key = `${samples.indexOf(sample)} ${now.scheme} ${now.bits}`;
    if (!swept.has(key)) {
      const alphas = Array.from({ length: POSITIONS }, (_, i) => alphaAt(i + 1, sample.top));
      swept.set(key, { alphas, curves: sweep(sample.values, now.scheme, now.bits, alphas) });
    }
    const measured = measure(sample.values, now.scheme, now.bits, now.alpha);
    now = { ...now, ...swept.get(key), measured };
    choose.show(sample.name);
    scheme.show(now.scheme);
    bits.show(now.bits, now.bits, String(now.bits));
    alpha.show(positionOf(now.alpha, sample.top), now.alpha, digits(now.alpha));
    table.show(now);
    jump.disabled = !(now.curves.best > 0);
    draw();
  });

  const watched = ["sample", "alpha", "bits", "scheme"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, update);
  const resized = new ResizeObserver(() => { plots.resize(values.clientWidth); draw(); });
  resized.observe(values);
  plots.resize(values.clientWidth);
  update();
  return () => {
    draw.cancel();
    resized.disconnect();
    for (const event of watched) model.off(event, update);
  };
}

const control = { render: mounted("QuantizerPlayground", view) };
export default control;
