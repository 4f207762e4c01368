// QuantizerPlayground: one look at what a clip and a number of bits do to a layer's values.

const SCHEMES = [
  ["pact", "0 to alpha (PACT, for activations)"],
  ["signed", "\u2212alpha to alpha, one level is 0"],
  ["sawb", "\u2212alpha to alpha, no level is 0 (SAWB, DoReFa)"],
];

function view({ model, root, safely }) {
  const samples = model.get("samples").map((sample) => ({ ...sample, values: floats(sample.values) }));
  if (!samples.length) throw new Error("no sample arrived with its state");
  const swept = new Map();
  let now = {};

  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const sampleNamed = (name) => samples.find((sample) => sample.name === name) ?? samples[0];
  function switchSample(name) { // alpha keeps its place in the new sample's range
    const alpha = (now.alpha * sampleNamed(name).top) / now.sample.top;
    model.set("sample", name);
    set("alpha", alpha);
  }

  const choose = select({ label: "Values", name: "sample", options: samples.map(({ name }) => [name, name]) }, switchSample);
  const scheme = select({ label: "Range and levels", name: "scheme", options: SCHEMES }, (value) => set("scheme", value));
  const bits = slider({ label: "bits", name: "bits", min: 1, max: 8 }, (value) => set("bits", value));
  const alpha = slider({ label: "alpha", name: "alpha", min: -BELOW, max: POSITIONS }, (position) => set("alpha", alphaAt(position, now.sample.top)));
  const ruler = makeRuler();
  alpha.element.append(ruler.element);
  alpha.element.classList.add("fb-wide");
  const jump = h("button", { type: "button", "data-input": "jump" }, "To the smallest error");
  jump.addEventListener("click", () => set("alpha", now.curves.best));
  const status = h("p", { class: "fb-status", role: "status" });
  const plots = makePlots((value) => set("alpha", value)), table = makeTable();
  const [values, costs] = [h("div", {}, plots.left, table.left), h("div", {}, plots.right, table.right)];
  const columns = h("div", { class: "fb-plots" }, values, costs);

  root.append(
    h("div", { class: "fb-controls" }, choose.element, scheme.element),
    h("div", { class: "fb-controls fb-sliders" }, bits.element, h("div", { class: "fb-field" }, jump), alpha.element),
    status, columns, table.note,
  );

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = advice(now);
    status.dataset.tone = tone;
    if (status.textContent !== text.map((part) => part.textContent ?? part).join("")) status.replaceChildren(...text);
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
    Object.assign(now, swept.get(key), { measured: measure(sample.values, now.scheme, now.bits, now.alpha) });
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

// One sentence on what is going on at this setting.
function advice({ scheme, bits, alpha, measured, curves, sample }) {
  const code = (text) => h("code", {}, text), wrong = (...text) => ({ tone: "wrong", text });
  if (alpha === 0) return wrong("At 0 the range has no width: the step is 0, ", code("x / step"), " divides by zero and outputs turn into NaN, and the loss with them. fewbits refuses this alpha.");
  if (alpha < 0) return wrong("Below 0 the range is inside out: ", code(scheme === "pact" ? "x.clamp(0, alpha)" : "x.clamp(-alpha, alpha)"), " gives alpha for every x. No x lies inside, so no gradient reaches the layers beneath. fewbits refuses this alpha.");
  if (scheme === "signed" && bits === 1) return wrong("One bit with a 0 in the middle leaves 2\u00b9 \u2212 1 = 1 level: every output is 0. Take two bits, or levels without a 0.");
  const largest = scheme === "pact" ? sample.high : Math.max(-sample.low, sample.high);
  if (alpha >= largest) return wrong("No value lies beyond alpha, so PACT\u2019s gradient on it is exactly 0: alpha is stuck here unless a penalty pulls it down.");
  const { best, smallest } = curves, ratio = measured.total / smallest;
  const side = alpha < best ? "small: too much is clipped" : "large: the steps are too wide";
  const found = ratio < 1.005 ? "This is the smallest error that this grid can reach." : `The error is ${digits(ratio, 3)} times the smallest one. Alpha is too ${side}.`;
  return { tone: "plain", text: [found, scheme === "pact" && sample.low < 0 ? " (This range starts at 0, so every value below 0 counts as clipped.)" : ""] };
}

const control = { render: mounted("QuantizerPlayground", view) };
export default control;
