// SaliencyCompare: two models' maps of one image, what they agree on, and what deletion does to both.

const WATCHED = ["image", "method", "left", "right", "share", "removed"];

function compare({ model, root, safely }, shelf) {
  const set = (name) => (value) => { model.set(name, value); model.save_changes(); };
  const parts = makeParts(shelf, set, model.get("cargo").seeds.length === 2), own = parts.own;
  root.append(...parts.elements);
  const seeds = model.get("cargo").seeds.map((name) => shelf.models.indexOf(name)), known = {};
  let now = {}, colours = {};

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = advice(now);
    parts.status.dataset.tone = tone;
    if (parts.status.textContent !== text) parts.status.textContent = text; // said aloud only when it changes
    paintMaps(now, parts, colours);
    paintMasks(now, parts, colours);
    paintCuts(now, parts.cuts, colours);
    parts.deletion.draw(now);
  }));
  const update = safely(() => { // the numbers at once, the drawing before the next picture
    now = look(shelf, model, own.checked, seeds, known);
    show(shelf, model, now, parts);
    draw();
  });
  const dress = () => {
    colours = readColours(parts.wearers(root));
    parts.strip.paint(colours);
    paintScale(parts.bar, colours);
    draw();
  };

  const events = WATCHED.map((name) => `change:${name}`);
  for (const event of events) model.on(event, update);
  own.addEventListener("change", update);
  const fit = () => { parts.deletion.chart.resize(parts.room.clientWidth); draw(); };
  const resized = new ResizeObserver(fit), undress = onTheme(() => requestAnimationFrame(safely(dress)));
  resized.observe(parts.room);
  update();
  dress();
  fit();
  return () => {
    draw.cancel();
    resized.disconnect();
    undress();
    for (const event of events) model.off(event, update);
  };
}

// Everything about the present choice, from what the model holds.
function look(shelf, model, own, seeds, known) {
  const place = (list, name) => Math.max(0, list.indexOf(name));
  const at = model.get("image"), method = place(shelf.methods, model.get("method")), share = model.get("share");
  const models = SIDES.map((side) => place(shelf.models, model.get(side)));
  const image = shelf.image(at), maps = models.map((index) => shelf.map(index, method, at));
  const largest = maps.map((map) => map.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  const agreed = (pair) => {
    const key = [...pair, method, at, share].join();
    return (known[key] ??= agreement(...pair.map((i) => shelf.map(i, method, at)), image, share, SIDE));
  };
  const step = Math.min(shelf.steps, halfEven(model.get("removed") * shelf.steps)), count = shelf.counts[step];
  const k = topCount(PIXELS, share), gone = maps.map((map) => {
    const mask = new Uint8Array(PIXELS);
    for (const i of deletionOrder(map, shelf.ties).slice(0, count)) mask[i] = 1;
    return mask;
  });
  const ink = (mask) => dot(image, mask) / dot(image, image.map(() => 1));
  const label = shelf.labels[at];
  return {
    at, image, label, method, models, maps, share, k, step, gone, own, largest,
    names: models.map((index) => shelf.models[index]),
    scales: own ? largest.map((size) => size || 1) : SIDES.map(() => Math.max(...largest) || 1),
    members: maps.map((map) => membership(map, k)),
    agrees: agreed(models), seeds: seeds.length ? agreed(seeds) : null,
    yardstick: seeds.length > 0 && models.every((index) => seeds.includes(index)),
    verdicts: models.map((index) => {
      const found = predict(shelf.logits(index, at));
      return { ...found, right: found.index === label };
    }),
    counts: shelf.counts, removed: count / PIXELS,
    curves: models.map((index, i) => {
      const scores = shelf.curve(index, method, at);
      return { scores, score: scores[step], area: area(scores, shelf.counts), ink: ink(gone[i]) };
    }),
  };
}

function makeParts(shelf, set, withSeeds) {
  const named = (names) => names.map((name) => [name, name]);
  const choose = (name, label, names) => select({ label, name, options: named(names) }, set(name));
  const method = choose("method", "Saliency method", shelf.methods);
  const models = SIDES.map((side) => choose(side, `${side[0].toUpperCase()}${side.slice(1)} model`, shelf.models));
  const strip = makeImages(shelf, set("image"));
  const [source, left, right, difference, masks] = ["source", "left", "right", "difference", "masks"]
    .map((name) => picture(name));
  const cuts = SIDES.map((side) => picture(`${side}-cut`)), verdicts = SIDES.map(makeVerdict);
  [left, right].forEach(({ beneath }, i) => beneath.append(verdicts[i].element));
  const status = h("p", { class: "fb-status", role: "status" });

  const bar = h("canvas", { class: "sc-bar", role: "img", "aria-label": "Colours of the maps: " +
    "amber below 0, the ground\u2019s colour at 0, blue above 0" });
  const ends = ["low", "high"].map(() => h("span")), own = h("input", { type: "checkbox", "data-input": "own" });
  const scale = h("div", { class: "sc-scale sc-all" }, h("div", { class: "sc-bar-box" }, bar,
    h("div", { class: "sc-ends" }, ends[0], h("span", {}, "0"), ends[1])),
    h("label", {}, own, " each map on its own scale"));

  const share = slider({ label: "Top k: share of pixels", name: "share", min: 1, max: 50 },
    (position) => set("share")(position / 100));
  const shedding = { label: "Pixels removed, strongest first", name: "removed", min: 0, max: shelf.steps };
  const removed = slider(shedding, (position) => set("removed")(position / shelf.steps));
  const keys = ["left-only", "right-only", "both"].map((name) => {
    const shown = output(name), [side] = name.split("-");
    const label = h("span", { class: `sc-key sc-${side}-text` }, name.replace("-", " "));
    return { name, shown, element: h("li", {}, label, " ", shown.element) };
  });
  const table = makeAgreement(withSeeds), deletion = makeDeletion();
  const room = h("div", { class: "sc-two" }, deletion.chart.element);
  cuts.forEach(({ element }, i) => element.append(deletion.numbers[i]));
  const grid = (...children) => h("div", { class: "sc-grid" }, ...children);
  const chosen = [method, ...models].map(({ element }) => element);
  const top = h("div", { class: "fb-controls sc-choices" }, ...chosen);
  models.forEach(({ element }, i) => element.classList.add(`sc-${SIDES[i]}-choice`));
  share.element.classList.add("sc-all");
  removed.element.classList.add("sc-all");
  return {
    strip, method, models, source, left, right, difference, masks, cuts, verdicts, status, bar, ends, own,
    share, removed, keys, table, deletion, room,
    wearers: (root) => ({
      paper: [root, "backgroundColor"], ink: [root, "color"],
      left: [keys[0].element.firstChild, "borderLeftColor"],
      right: [keys[1].element.firstChild, "borderLeftColor"],
    }),
    elements: [
      strip.element, top, status,
      grid(source.element, left.element, right.element, difference.element, scale),
      grid(share.element, masks.element,
        h("div", { class: "sc-three" },
          h("ul", { class: "sc-keys" }, ...keys.map(({ element }) => element)), table.element)),
      grid(removed.element, ...cuts.map(({ element }) => element), room),
    ],
  };
}

// The numbers and the words.
function show(shelf, model, now, parts) {
  const method = shelf.methods[now.method], klass = shelf.classes[now.label], k = now.k;
  parts.strip.show(now);
  parts.method.show(method);
  SIDES.forEach((side, i) => {
    parts.models[i].show(now.names[i]);
    const title = `${i ? "Right" : "Left"}: ${now.names[i]}`;
    parts[side].name(title, `${method}, map of ${now.names[i]} for a ${klass}`);
    parts.verdicts[i].show(now.verdicts[i], shelf.classes);
    parts.cuts[i].name(title,
      `The image without the ${percent(now.removed)} of pixels that ${now.names[i]} finds most important`);
  });
  parts.source.name(`The image: ${klass}`);
  parts.difference.name("Left \u2212 right", "The left map less the right one");
  parts.difference.beneath.textContent = "blue: left larger; amber: right larger";
  parts.masks.name(`Top ${percent(now.share)}`, `The ${k} most important pixels of both maps over the image`);
  const size = now.own ? "its largest" : digits(now.scales[0], 3);
  parts.ends[0].textContent = `\u2212${size}`;
  parts.ends[1].textContent = size;
  parts.share.show(Math.round(100 * now.share), now.share, percent(now.share));
  parts.removed.show(now.step, now.removed, percent(now.removed));
  const both = k * now.agrees.topk, counts = { both, "left-only": k - both, "right-only": k - both };
  for (const { name, shown } of parts.keys) shown.show(counts[name], pixels(counts[name]));
  parts.table.show(now);
  parts.deletion.show(now);
}

const control = { render: mounted("SaliencyCompare", unpacked(makeShelf, compare)) };
export default control;
