// QuantizerPlayground: one look at what a clip and a number of bits do to a layer's values.

const SCHEMES = [
  ["pact", "0 to alpha (PACT, activations)"],
  ["signed", "\u2212alpha to alpha, with a zero"],
  ["sawb", "\u2212alpha to alpha, no zero (SAWB, DoReFa)"],
];

function view({ model, root }) {
  const samples = model.get("samples").map((sample) => ({ ...sample, values: floats(sample.values) }));
  const cache = new Map();
  let now = {};

  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const sampleNamed = (name) => samples.find((sample) => sample.name === name) ?? samples[0];
  function switchSample(name) { // keep alpha at the same place of the new sample's range
    const alpha = (now.alpha * sampleNamed(name).top) / now.sample.top;
    model.set("sample", name);
    set("alpha", alpha);
  }

  const choose = select({ label: "Values", name: "sample", options: samples.map(({ name }) => [name, name]) }, switchSample);
  const scheme = select({ label: "Range and levels", name: "scheme", options: SCHEMES }, (value) => set("scheme", value));
  const bits = slider({ label: "bits", name: "bits", min: 1, max: 8 }, (value) => set("bits", value));
  const alpha = slider({ label: "alpha", name: "alpha", min: -BELOW, max: POSITIONS }, (position) => set("alpha", alphaAt(position, now.sample.top)));
  alpha.element.classList.add("fb-wide");
  const jump = h("button", { type: "button", "data-input": "jump" }, "Set alpha to the smallest error");
  jump.addEventListener("click", () => set("alpha", now.alphas[now.curves.best]));
  const status = h("p", { class: "fb-status", role: "status" });
  const plots = makePlots((value) => set("alpha", value));
  const table = makeTable();

  root.append(
    h("div", { class: "fb-controls" }, choose.element, scheme.element, bits.element, h("div", { class: "fb-field" }, jump), alpha.element),
    status, plots.element, table.element,
  );

  const draw = oncePerFrame(() => { plots.draw(now); status.replaceChildren(...advice(now).text); status.dataset.tone = advice(now).tone; });
  function update() { // the numbers at once, the drawing before the next picture
    const sample = sampleNamed(model.get("sample"));
    now = { sample, alpha: model.get("alpha"), bits: model.get("bits"), scheme: model.get("scheme") };
    const key = `${samples.indexOf(sample)} ${now.scheme} ${now.bits}`;
    if (!cache.has(key)) {
      const alphas = Array.from({ length: POSITIONS }, (_, i) => alphaAt(i + 1, sample.top));
      cache.set(key, { alphas, curves: sweep(sample.values, now.scheme, now.bits, alphas) });
    }
    Object.assign(now, cache.get(key), { measured: measure(sample.values, now.scheme, now.bits, now.alpha) });
    choose.show(sample.name);
    scheme.show(now.scheme);
    bits.show(now.bits, now.bits, String(now.bits));
    alpha.show(positionOf(now.alpha, sample.top), now.alpha, digits(now.alpha));
    table.show(now);
    draw();
  }

  const watched = ["sample", "alpha", "bits", "scheme"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, update);
  const resized = new ResizeObserver(() => { plots.resize(); draw(); });
  resized.observe(plots.element);
  plots.resize();
  update();
  return () => {
    draw.cancel();
    resized.disconnect();
    for (const event of watched) model.off(event, update);
  };
}

// One sentence on what is going on at this setting.
function advice({ scheme, bits, alpha, measured, curves, alphas, sample }) {
  const code = (text) => h("code", {}, text);
  if (alpha === 0) return { tone: "wrong", text: ["At alpha = 0 the range has no width: the step is 0, ", code("x / step"), " divides by zero and every output is NaN. fewbits refuses it."] };
  if (alpha < 0) return { tone: "wrong", text: ["Below 0 the range is inside out: ", code(scheme === "pact" ? "x.clamp(0, alpha)" : "x.clamp(-alpha, alpha)"), " gives alpha for every x, and no gradient reaches the layers beneath, because no x lies inside. fewbits refuses it."] };
  if (scheme === "signed" && bits === 1) return { tone: "wrong", text: ["One bit with a zero in the middle leaves one level: 2\u00b9 \u2212 1 = 1. Everything becomes 0; take two bits, or levels without a zero."] };
  const negative = scheme === "pact" && sample.values.some((x) => x < 0);
  if (measured.pact === 0) return { tone: "wrong", text: ["No value reaches alpha, so PACT\u2019s gradient on it is exactly 0: alpha is stuck here unless a penalty pulls it down."] };
  const ratio = measured.total / curves.total[curves.best], best = alphas[curves.best];
  const where = ratio < 1.005 ? "This is the smallest error that this grid can reach." :
    `The error is ${digits(ratio, 3)} times the smallest one: alpha is too ${alpha < best ? "small, clipping weighs more" : "large, the steps are too wide"}.`;
  return { tone: "plain", text: [where, negative ? " (This range starts at 0: every value below 0 counts as clipped.)" : ""] };
}

const control = { render: mounted("QuantizerPlayground", view) };
export default control;
