// DrawDigit: draw a digit; the network in the page reads it while the pen moves.

function view({ model, root, safely }) {
  let stop = () => {}, closed = false;
  const begin = safely((networks, drawings) => {
    if (!closed) stop = start(model, root, safely, networks, drawings);
  });
  const unpacked = safely(() => Promise.all([
    Promise.all(model.get("networks").map(async ({ name, layers }) => ({ name, ...(await makeNetwork(layers)) }))),
    inflate(model.get("drawings").data),
  ]))();
  unpacked?.then(([networks, drawings]) => begin(networks, drawings)).catch(safely((error) => { throw error; }));
  return () => { closed = true; stop(); };
}

// "2" is a number of bits; any other label names the network itself.
const called = (label) =>
  (/^\d+(\/\d+)?$/.test(label) ? `the ${label}-bit network` : `the network “${label}”`);

function start(model, root, safely, networks, drawings) {
  if (!networks.length) throw new Error("no network arrived with its state");
  const paint = makePainter(), names = model.get("class_names"), count = drawings.length / 784;
  let base = null, sent = null, pen = 2.2, now, later = 0;

  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const changed = safely(() => { // the reader's image, to Python
    update();
    sent = toText(now.pixels);
    if (sent !== model.get("image")) set("image", sent);
  });
  const live = oncePerFrame(safely(() => update()));
  const pad = makePad({ onDraw: live, onEnd: () => { live.cancel(); changed(); } });
  const parts = makeParts(names, networks, count, {
    undo() { pad.undo(); changed(); },
    clear() { load(null); changed(); },
    take(value) { load(value && drawings.slice(784 * value, 784 * value + 784)); changed(); },
    setPen(value) { pen = value; changed(); },
    setCentre: (value) => set("centre", value),
    setBits: (value) => set("bits", value),
    setTarget: (value) => set("target", value),
  });
  root.append(...parts.layout(pad));

  function load(image) {
    pad.reset();
    base = image && image.some((byte) => byte) ? image : null;
  }

  function update() {
    const network = networks.find(({ name }) => name === model.get("bits")) ?? networks[0];
    const strokes = pad.strokes(), centre = model.get("centre"), chosen = model.get("target");
    const pixels = imageOf({ strokes, pen, base, centre, paint });
    const logits = network.logits(pixels), shares = softmax(logits), best = shares.indexOf(Math.max(...shares));
    const target = chosen ? names.indexOf(chosen) : best, gradient = network.gradient(target).slice();
    now = { network, pixels, logits, shares, best, target, chosen, gradient, pen, centre, base, strokes };
    pad.show({ pixels: base, pen });
    parts.show(now);
    clearTimeout(later); // asking all the networks costs more than one: when the pen rests
    if (pad.busy()) later = setTimeout(ask, 80);
    else ask();
  }
  const ask = safely(() => parts.hear(networks.map(({ name, logits }) => {
    const shares = softmax(logits(now.pixels)), best = shares.indexOf(Math.max(...shares));
    return { name, best, share: shares[best] };
  })));

  const received = safely(() => {
    if (model.get("image") === sent) return;
    sent = model.get("image");
    parts.remember("");
    load(fromText(sent));
    update();
  });
  const heard = { image: received, bits: safely(update), target: safely(update), centre: changed };
  for (const [name, call] of Object.entries(heard)) model.on(`change:${name}`, call);
  received();
  if (count && sent === toText(drawings.slice(0, 784))) parts.remember("0");
  return () => {
    live.cancel();
    clearTimeout(later);
    for (const [name, call] of Object.entries(heard)) model.off(`change:${name}`, call);
  };
}

const control = { render: mounted("DrawDigit", view) };
export default control;
