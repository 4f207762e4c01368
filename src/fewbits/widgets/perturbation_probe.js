// PerturbationProbe: a patch laid over a picture, and the codes of two models whose scores it changes.

const PROBE_HELD = ["image", "patch", "row", "column", "left", "right", "left_code", "right_code"];
const BOTH = ["left", "right"];

function probing({ model, root, safely }, probes) {
  const put = (given) => {
    for (const [name, value] of Object.entries(given)) model.set(name, value);
    model.save_changes();
  };
  let now = {}, colours = {};
  const parts = makeProbeParts(probes, put);
  root.append(...parts.elements);

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = inPatches(now, probes);
    parts.status.dataset.tone = tone;
    if (parts.status.textContent !== text) parts.status.textContent = text; // said aloud only when it changes
    paintPatched(parts.ground.canvas, probes, now, colours);
    for (const side of BOTH) {
      paintChanges(parts.sides[side].map.canvas, probes, now, side, colours);
      parts.sides[side].distances.draw(now[side], now.place);
    }
  }));
  const update = safely(() => { // the numbers at once, the drawing before the next picture
    now = lookAtAll(probes, model);
    showProbe(probes, now, parts);
    draw();
  });
  const dress = () => {
    const [hue, less] = parts.keys.map((element) => [element, "color"]);
    colours = readColours({ paper: [root, "backgroundColor"], ink: [root, "color"], hue, less });
    draw();
  };
  const fit = safely(() => {
    for (const side of BOTH) parts.sides[side].distances.resize(parts.sides[side].element.clientWidth);
    draw();
  });
  const events = PROBE_HELD.map((name) => `change:${name}`);
  for (const event of events) model.on(event, update);
  const undress = onTheme(() => requestAnimationFrame(safely(dress))), resized = new ResizeObserver(fit);
  update();
  dress();
  fit();
  resized.observe(root);
  return () => {
    draw.cancel();
    undress();
    resized.disconnect();
    for (const event of events) model.off(event, update);
  };
}

function makeProbeParts(probes, put) {
  const { side } = probes.pictures, names = probes.patches.map((name) => [name, name]);
  const strip = makeStrip({ legend: "Picture", name: "image", count: probes.count, side },
    (image) => put({ image }));
  strip.canvases.forEach((canvas, image) => probes.pictures.draw(canvas.getContext("2d"), image, side));
  const patch = select({ label: "Patch", name: "patch", options: names }, (name) => put({ patch: name }));
  const row = slider({ label: "Row", name: "row", min: 0, max: probes.high - 1 }, (at) => put({ row: at }));
  const column = slider({ label: "Column", name: "column", min: 0, max: probes.wide - 1 },
    (at) => put({ column: at }));
  const place = (down, across) => put({ row: down, column: across });
  const ground = makeGround(["The picture with its patch"], "ground", probes, place);
  const keys = [["protoquant-text", "higher "], ["wrong-text", "lower"]]
    .map(([kind, text]) => h("span", { class: `pp-key ${kind}` }, text));
  const status = h("p", { class: "fb-status", role: "status" });
  const sides = Object.fromEntries(BOTH.map((name) => [name, makeSide(probes, name, {
    choose: (chosen) => put({ [`${name}_code`]: -1, [name]: chosen }), // a code's number means nothing there
    pick: (code) => put({ [`${name}_code`]: code }), place,
  })]));
  const hint = h("p", { class: "fb-foot" }, "Drag the patch over any of the three pictures, or use the sliders.");
  const legend = h("p", { class: "fb-foot" }, "In the maps: with the patch there the score is ", ...keys,
    ". Dashed frame: the cell where the code scores. Other frame: the patch.");
  return {
    strip, patch, row, column, ground, status, sides, keys,
    elements: [
      strip.element,
      h("div", { class: "fb-controls" }, patch.element),
      h("div", { class: "fb-controls fb-sliders" }, row.element, column.element), status,
      h("div", { class: "pp-columns" }, h("div", { class: "pp-ground" }, ground.element, hint, legend),
        sides.left.element, sides.right.element),
    ],
  };
}

function showProbe(probes, now, parts) {
  const label = (image) => spoken(probes.classes[probes.labels[image]]);
  parts.strip.show(now.image, probes.labels.map((_, image) => `${image + 1}: ${label(image)}`),
    probes.labels.map(() => false), "");
  parts.patch.show(probes.patches[now.patch]);
  parts.row.show(now.row, now.row + 1, String(now.row + 1));
  parts.column.show(now.column, now.column + 1, String(now.column + 1));
  parts.ground.canvas.setAttribute("aria-label", `The picture, ${label(now.image)}, with ` +
    `${probes.patches[now.patch]} in row ${now.row + 1}, column ${now.column + 1}`);
  for (const side of BOTH) parts.sides[side].show(now);
}

// One sentence a side on the code that is shown: how far the patch is, and what became of the score.
function inPatches(now, { classes, labels }) {
  const told = BOTH.map((side) => {
    const { model, own, reach } = now[side], size = probeSigned(own.change);
    const where = own.away > reach ? "beyond its reach" : "within its reach";
    return `${model.name}: code ${own.code} is ${own.away} cells away, ${where}, and changes by ${size}.`;
  });
  const lost = BOTH.some((side) => now[side].now !== now[side].decided);
  const text = `A ${spoken(classes[labels[now.image]])}. ${told[0] === told[1] ? told[0] : told.join(" ")}`;
  return { tone: lost ? "wrong" : "plain", text };
}

const control = { render: mounted("PerturbationProbe", unpacked(makeProbes, probing)) };
export default control;
