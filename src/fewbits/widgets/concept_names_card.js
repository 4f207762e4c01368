// One feature of ConceptNames: its best concepts, what it truly goes with, and where it is loudest.

// Rows of a concept, a bar from 0 and a number; a line across where a number begins to count.
function makeBars(title, names, kind) {
  const list = h("ol", { class: "cn-bars" }), caption = h("p", { class: "fb-title" }, title);
  const rows = names.map((name) => {
    const text = h("span"), bar = h("i"), shown = output(name);
    const cell = h("span", { class: `cn-bar cn-${kind}`, "aria-hidden": "true" }, bar);
    const element = h("li", {}, text, cell, shown.element);
    list.append(element);
    return { element, text, bar, shown };
  });
  return {
    element: h("section", { "aria-label": title }, caption, list),
    show(concepts, values, level, chosen) {
      list.style.setProperty("--level", `${px(100 * Math.max(0, level))}%`);
      rows.forEach(({ element, text, bar, shown }, k) => {
        const value = values[k] ?? NaN;
        text.textContent = concepts[k] ?? "";
        element.classList.toggle("cn-chosen", k === chosen);
        bar.style.width = `${px(100 * Math.max(0, value || 0))}%`;
        bar.hidden = !(value > 0);
        shown.show(value, scoreText(value));
      });
    },
  };
}

function makeNameCard({ concepts, sheet, boards }) {
  const width = boards[0].of(0).tops.length, trues = Math.min(3, concepts.length);
  const heading = h("p", { class: "cn-heading" }), why = h("p", { class: "cn-why" });
  const tops = makeBars("Score of its best concepts; the line is the threshold",
    Array.from({ length: width }, (_, k) => `top-${k}`), "score");
  const truth = makeBars("What it truly goes with, on other pictures; the line is what chance reaches",
    Array.from({ length: trues }, (_, k) => `true-${k}`), "truth");
  const rows = {}, absent = h("span");
  const opposite = number("opposite", absent);
  const own = numbersUnder("Its name there", [["own", "correlation"], ["rank", "place in that order"]], rows);
  const tiles = Array.from({ length: Math.max(...boards.map((board) => board.tiles)) }, () =>
    h("canvas", { role: "img", width: sheet.side, height: sheet.side, "aria-label": "evidence" }));
  const known = h("div", {}, truth.element, own);
  return {
    element: h("section", { class: "cn-card", "aria-label": "The chosen feature" }, heading, why,
      h("div", { class: "cn-columns" },
        h("div", {}, tops.element, opposite.element), known,
        h("div", {}, h("p", { class: "fb-title" }, "The pictures on which it is loudest"),
          h("div", { class: "cn-tiles" }, ...tiles)))),
    show(now, names) {
      const { board, level, state, f, own: correlation, rank } = now, column = board.columns[f];
      const named = state === "right" || state === "wrong" || state === "named";
      heading.textContent = `Feature ${column}: ${named ? concepts[now.concepts[0]] : "unnamed"}`;
      why.textContent = sayWhy(now, names);
      tops.show(now.concepts.map((place) => concepts[place]), now.tops, level, named ? 0 : -1);
      truth.show([...now.trues].map((place) => concepts[place]), now.truths, board.floor ?? 0,
        named ? [...now.trues].indexOf(now.concepts[0]) : -1);
      absent.textContent = `most clearly absent: ${concepts[now.absent]}`;
      opposite.show(now.opposite, scoreText(now.opposite));
      rows.own.show(correlation, scoreText(correlation));
      rows.rank.show(rank, Number.isFinite(rank) ? whole(rank) : "none");
      known.hidden = !board.known;
      tiles.forEach((tile, k) => {
        tile.hidden = k >= board.tiles;
        const which = `Picture ${k + 1} of ${board.tiles}`;
        tile.setAttribute("aria-label", `${which} on which feature ${column} is loudest`);
      });
    },
    draw({ tiles: places }) {
      places.forEach((place, k) => sheet.draw(tiles[k].getContext("2d"), place, sheet.side));
    },
  };
}
