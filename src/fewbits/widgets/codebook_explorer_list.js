// The list of CodebookExplorer: a row a code, with its nearest patches and what it adds to the logit.

const hundredths = (value) => value.toFixed(2).replace("-", "\u2212");

function makeRow(books, book, code, { group, onChoose }) {
  const input = h("input", { type: "radio", name: group, value: code, "data-input": "reason" });
  input.addEventListener("change", () => onChoose(code));
  const [near, score, weight, part, classes] = ["near", "score", "weight", "part", "classes"]
    .map((name) => output(`${name}-${code}`));
  const patches = books.patchesOf(book, code);
  const tiles = patches.map(({ tile, cosine }, k) => {
    const place = `${k + 1} of ${patches.length}`;
    return h("figure", { class: "ce-tile" },
      books.tiles.tile(tile, `Code ${code}, nearest patch ${place} in training, cosine ${hundredths(cosine)}`),
      h("figcaption", {}, ...(k ? [hundredths(cosine)] : [near.element])));
  });
  near.show(patches[0].cosine, hundredths(patches[0].cosine));
  const bar = s("rect", { y: 1, height: 8 }), of = h("span");
  const picture = s("svg", { "aria-hidden": "true", height: 10, width: "100%" });
  picture.append(bar);
  const element = h("div", { class: "ce-row" },
    h("label", { class: "ce-name" }, input, h("span", {}, `code ${code}`)),
    h("div", { class: "ce-tiles" }, ...tiles),
    h("div", { class: "ce-part" },
      h("p", {}, "score ", score.element, " \u00d7 weight ", weight.element, " = ", part.element), picture,
      h("p", { class: "float-text" }, classes.element, of)));
  return {
    element, code,
    show(reason, { chosen, logit, reasons }) {
      input.checked = code === chosen;
      element.classList.toggle("ce-chosen", code === chosen);
      score.show(reason.score, digits(reason.score, 3));
      weight.show(reason.weight, digits(reason.weight, 3));
      part.show(reason.part, digits(reason.part, 3));
      classes.show(reason.classes, whole(reason.classes));
      of.textContent = ` of ${books.classes.length} classes use${reason.classes === 1 ? "s" : ""} it`;
      const reach = Math.max(Math.abs(reasons[0].part), Math.abs(logit), Math.abs(reason.part)) || 1;
      bar.setAttribute("width", `${px((100 * Math.abs(reason.part)) / reach)}%`);
      bar.setAttribute("class", reason.part < 0 ? "wrong-solid" : "protoquant-fill");
    },
  };
}

// The listed codes, and beneath them the chosen one where it is not among them. Rows are made once each.
function makeReasons(books, onChoose) {
  const group = newId(), made = new Map(), places = [h("div"), h("div", { class: "ce-extra" })];
  const title = h("p", { class: "fb-title" }, "Chosen, and not among them");
  const rowOf = (now, code) => {
    const key = `${now.place} ${code}`;
    if (!made.has(key)) made.set(key, makeRow(books, now.book, code, { group, onChoose }));
    return made.get(key);
  };
  const fill = (place, rows) => { // a key on a row must not lose the focus
    const elements = rows.map(({ element }) => element), before = [...place.children];
    const same = before.length === elements.length && before.every((element, k) => element === elements[k]);
    if (!same) place.replaceChildren(...elements);
  };
  return {
    element: h("div", { role: "radiogroup", "aria-label": "Codes, the largest contribution first" },
      places[0], title, places[1]),
    show(now) {
      const lists = [now.reasons, now.extra ? [now.extra] : []];
      lists.forEach((reasons, k) => {
        const rows = reasons.map((reason) => rowOf(now, reason.code));
        rows.forEach((row, i) => row.show(reasons[i], now));
        fill(places[k], rows);
      });
      title.hidden = !now.extra;
    },
  };
}
