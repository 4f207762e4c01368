// ExplainBird: why a picture got its class, feature by feature, and what a change would do.

const HELD = ["image", "explained", "against", "dropped", "flipped", "cover"];
const STEPS = 20; // of the slider

function explaining({ model, root, safely }, birds) {
  const put = (given) => { for (const [name, value] of Object.entries(given)) model.set(name, value); };
  const set = (name) => (value) => { put({ [name]: value }); model.save_changes(); };
  let now = {}, colours = {};
  const change = (changes) => { // only what is another: each trait that is set is sent
    const given = Object.entries(changesOut(birds, changes));
    const differs = ([name, list]) => JSON.stringify(list) !== JSON.stringify(model.get(name));
    put(Object.fromEntries(given.filter(differs)));
    model.save_changes();
  };
  const parts = makeBirdParts(birds, set, {
    way: (f, way) => change(changed(now, f, way, birds.many)), undo: () => change(UNCHANGED),
  });
  root.append(...parts.elements);

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = inWords(now, birds);
    parts.status.dataset.tone = tone;
    if (parts.status.textContent !== text) parts.status.textContent = text; // said aloud only when it changes
    parts.logits.draw(now);
    parts.cards.paint(now, colours);
    parts.scale.paint(now, colours);
    birds.pictures.draw(parts.picture.getContext("2d"), now.image, birds.pictures.side);
  }));
  const update = safely(() => { // the numbers at once, the drawing before the next picture
    now = look(birds, model);
    showBird(birds, now, parts);
    draw();
  });
  const dress = () => {
    const [hue, less] = parts.scale.wearers;
    colours = readColours({ paper: [root, "backgroundColor"], hue: [hue, "color"], less: [less, "color"] });
    draw();
  };
  const events = HELD.map((name) => `change:${name}`);
  for (const event of events) model.on(event, update);
  const undress = onTheme(() => requestAnimationFrame(safely(dress)));
  update();
  dress();
  return () => {
    draw.cancel();
    undress();
    for (const event of events) model.off(event, update);
  };
}

function makeBirdParts(birds, set, { way, undo }) {
  const { side } = birds.pictures, classes = birds.classes.map((name) => [name, spoken(name)]);
  const strip = makeStrip({ legend: "Picture", name: "image", count: birds.count, side }, set("image"));
  strip.canvases.forEach((canvas, image) => birds.pictures.draw(canvas.getContext("2d"), image, side));
  const choose = (name, label, first) => select({ label, name, options: [["", first], ...classes] }, set(name));
  const explained = choose("explained", "Explain the logit of", "the class decided");
  const against = choose("against", "Set against", "the strongest other class");
  const cover = slider({ label: "Maps cover the picture", name: "cover", min: 0, max: STEPS },
    (position) => set("cover")(position / STEPS));
  const reset = h("button", { type: "button", "data-input": "reset" }, "Undo all changes");
  reset.addEventListener("click", undo);
  const undone = h("p", { class: "fb-foot" });
  const picture = h("canvas", { role: "img", width: side, height: side, class: "eb-picture" });
  const status = h("p", { class: "fb-status eb-status", role: "status" }), note = h("p", { class: "fb-note" });
  const logits = makeLogits(birds), scale = makeScale(), cards = makeCards(birds, way);
  const totals = makeTotals(birds), contrast = makeContrast(birds), heading = h("p", { class: "eb-heading" });
  return {
    strip, explained, against, cover, reset, undone, picture, status, heading, note,
    logits, scale, cards, totals, contrast,
    elements: [
      strip.element, h("div", { class: "fb-controls" }, explained.element, against.element), status,
      h("div", { class: "eb-top" }, h("div", {}, picture, totals.found), logits.element),
      heading, h("div", { class: "fb-controls" }, cover.element, scale.element), cards.element,
      h("div", { class: "eb-below" }, totals.sums, h("div", {}, undone, reset)),
      contrast.element, note,
    ],
  };
}

// The numbers and the words.
function showBird(birds, now, parts) {
  const name = spoken(birds.classes[now.own]), label = spoken(birds.classes[now.label]), steps = now.cover * STEPS;
  const wrong = Array.from(birds.labels, (truth, image) => largest(birds.logits(image, now.changes)) !== truth);
  const texts = wrong.map((trouble, image) =>
    `${image + 1}: ${spoken(birds.classes[birds.labels[image]])}${trouble ? ", named wrongly" : ""}`);
  parts.strip.show(now.image, texts, wrong, "Underlined: named wrongly.");
  parts.explained.show(now.explained);
  parts.against.show(now.against);
  parts.cover.show(Math.round(steps), now.cover, percent(now.cover));
  parts.reset.disabled = !(now.changes.dropped.size + now.changes.flipped.size);
  parts.undone.textContent = listed(now.changes, birds);
  parts.picture.setAttribute("aria-label", `The picture: ${label}`);
  parts.heading.textContent = `What adds up to the logit of ${name}`;
  parts.note.textContent = "A feature\u2019s value is the mean of its map less the feature\u2019s zero, in " +
    "units of its spread. Drop sets the value to 0, where the feature says nothing, for every class. Flip " +
    `turns the sign of its weight for ${name} alone.`;
  for (const part of [parts.scale, parts.cards, parts.totals, parts.logits, parts.contrast]) part.show(now);
}

const control = { render: mounted("ExplainBird", unpacked(makeBirds, explaining)) };
export default control;
