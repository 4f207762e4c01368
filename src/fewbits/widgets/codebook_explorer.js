// CodebookExplorer: the codes that a picture is told in, where, and why that leads to a class.

const HELD = ["image", "codes", "temperature", "plain", "explained", "code"];
const DEGREES = 40; // steps of the temperature's slider, from a hundredth to 1
const STRONGEST = -1; // in place of a code: that of the largest contribution
const degreeAt = (position) => Number((0.01 * 100 ** (position / DEGREES)).toPrecision(2));
const positionOf = (degree) => Math.round((DEGREES * Math.log(degree / 0.01)) / Math.log(100));

function exploring({ model, root, safely }, books) {
  const put = (given) => {
    for (const [name, value] of Object.entries(given)) model.set(name, value);
    model.save_changes();
  };
  let now = {}, colours = {};
  const parts = makeExplorerParts(books, {
    set: (name) => (value) => put({ [name]: value }),
    resize: (place) => put({ code: STRONGEST, codes: books.sizes[place] }), // a code's number means nothing there
    point: (cell) => put({ code: now.nearest[cell] }),
  });
  root.append(...parts.elements);

  const draw = oncePerFrame(safely(() => {
    const { tone, text } = inCodes(now, books), font = getComputedStyle(root).fontFamily;
    parts.status.dataset.tone = tone;
    if (parts.status.textContent !== text) parts.status.textContent = text; // said aloud only when it changes
    paintCells(parts.cells.canvas, books, now, colours, font);
    paintMap(parts.map.canvas, books, now, colours);
  }));
  const update = safely(() => { // the numbers at once, the drawing before the next picture
    now = explore(books, model);
    showExplorer(books, now, parts);
    draw();
  });
  const dress = () => {
    const [hue, less] = parts.where.wearers.map((element) => [element, "color"]);
    colours = readColours({ paper: [root, "backgroundColor"], ink: [root, "color"], hue, less });
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

function makeExplorerParts(books, { set, resize, point }) {
  const { side } = books.pictures, classes = books.classes.map((name) => [name, spoken(name)]);
  const strip = makeStrip({ legend: "Picture", name: "image", count: books.count, side }, set("image"));
  strip.canvases.forEach((canvas, image) => books.pictures.draw(canvas.getContext("2d"), image, side));
  const sizes = { label: "Codes, K", name: "codes", min: 0, max: books.sizes.length - 1 };
  const size = slider(sizes, resize);
  const degree = slider({ label: "Temperature", name: "temperature", min: 0, max: DEGREES },
    (position) => set("temperature")(degreeAt(position)));
  const plain = h("input", { type: "checkbox", "data-input": "plain" }), fitted = h("p", { class: "fb-foot" });
  plain.addEventListener("change", () => set("plain")(plain.checked));
  const explained = select({ label: "Explain the logit of", name: "explained",
    options: [["", "the class decided"], ...classes] }, set("explained"));
  const code = select({ label: "Show the map of", name: "code", options: [] },
    (value) => set("code")(Number(value)));
  const status = h("p", { class: "fb-status", role: "status" }), heading = h("p", { class: "ce-heading" });
  const where = makeWhere(books), best = makeBest(books), facts = makeFacts(books);
  const cells = makeCells(["The nearest code of each cell"], "cells", books, point);
  const map = makeCells(where.caption, "map", books, point), reasons = makeReasons(books, set("code"));
  map.element.append(where.element);
  cells.element.append(h("p", { class: "fb-foot" }, "Click a cell to choose its code."));
  return {
    strip, size, degree, plain, fitted, explained, code, status, heading, where, best, facts, cells, map,
    reasons,
    elements: [
      strip.element,
      h("div", { class: "fb-controls fb-sliders ce-sliders" }, size.element, degree.element),
      h("div", { class: "ce-plain" },
        h("label", { class: "fb-check" }, plain, "plain cosines, no softmax"), fitted),
      status,
      h("div", { class: "ce-top" }, cells.element, map.element,
        h("div", { class: "ce-facts" }, best.element, facts.found)),
      h("div", { class: "fb-controls" }, explained.element, code.element), heading,
      h("p", { class: "fb-foot" },
        "Each code with its nearest patches in training and their cosines, and what it adds"),
      reasons.element, facts.sums,
      h("p", { class: "fb-note" }, "A code is a free vector and no patch of any picture: how near its nearest " +
        "patches are is their cosine. A patch is as large as what a cell mostly sees."),
    ],
  };
}

// The numbers and the words.
function showExplorer(books, now, parts) {
  const texts = now.wrong.map((wrong, image) =>
    `${image + 1}: ${spoken(books.classes[books.labels[image]])}${wrong ? ", named wrongly" : ""}`);
  const name = spoken(books.classes[now.own]), label = spoken(books.classes[now.label]);
  parts.strip.show(now.image, texts, now.wrong, "Underlined: named wrongly.");
  parts.size.show(now.place, now.book.count, whole(now.book.count));
  parts.size.input.disabled = books.sizes.length < 2;
  parts.degree.show(positionOf(now.degree), now.degree, digits(now.degree, 3));
  parts.degree.input.disabled = now.plain;
  parts.plain.checked = now.plain;
  parts.fitted.textContent = sayFitted(now);
  parts.explained.show(now.explained);
  offerCodes(parts.code.input, now);
  parts.code.show(now.code);
  parts.cells.canvas.setAttribute("aria-label",
    `The picture, ${label}, each cell with the number of its nearest code: ${listCounts(now.counts)}`);
  parts.map.canvas.setAttribute("aria-label",
    `Where code ${now.chosen} is in this picture; most of it in row ${Math.floor(now.cell / books.wide) + 1}, ` +
    `column ${(now.cell % books.wide) + 1}`);
  parts.heading.textContent = `What adds up to the logit of ${name}`;
  for (const part of [parts.where, parts.best, parts.facts, parts.reasons]) part.show(now);
}

// The codes to choose from, with what each is to this picture; made anew only when that changes.
function offerCodes(input, { book, counts, image }) {
  const key = `${book.count} ${image}`;
  if (input.dataset.offered === key) return;
  input.dataset.offered = key;
  const told = (code) => (counts.has(code) ? `, nearest in ${whole(counts.get(code))}` : "");
  input.replaceChildren(h("option", { value: STRONGEST }, "the largest contribution"),
    ...Array.from({ length: book.count }, (_, code) => h("option", { value: code }, `code ${code}${told(code)}`)));
}

const listCounts = (counts) => [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  .map(([code, count]) => `code ${code} in ${count}`).join(", ");

const control = { render: mounted("CodebookExplorer", unpacked(makeBooks, exploring)) };
export default control;
