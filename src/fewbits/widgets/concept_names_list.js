// The features of ConceptNames as a list to choose from: a mark, a name, a bar with the threshold across.

// A disc, a cross, a ring, a dash: not by colour alone.
const DISC = ["qsenn-fill", "M2 6a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"], DASH = ["float-line", "M2 6H10"];
const MARKS = {
  right: DISC, named: DISC, nothing: DASH, unnamed: DASH, wrong: ["wrong-line", "M2 2L10 10M10 2L2 10"],
  missed: ["wrong-line", "M2.5 6a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z"],
};

function makeMark(state) {
  const path = s("path"), svg = s("svg", { "aria-hidden": "true", width: 12, height: 12, class: "cn-mark" });
  svg.append(path);
  const show = (now) => place(path, { class: MARKS[now][0], d: MARKS[now][1] });
  if (state) show(state);
  return { element: svg, show };
}

function makeRow({ columns, best, held }, f, concepts, group, onChoose) {
  const column = columns[f], concept = concepts[held.concepts[(f * held.concepts.length) / columns.length]];
  const input = h("input", { type: "radio", name: group, value: column, "data-input": "feature" });
  const mark = makeMark(), name = h("span", { class: "cn-name" });
  const score = output(`score-${column}`), bar = h("i");
  bar.style.width = `${px(100 * Math.max(0, best(f)))}%`;
  bar.hidden = best(f) <= 0;
  const element = h("label", { class: "cn-row" }, input, mark.element, h("span", { class: "cn-column" }, column),
    name, h("span", { class: "cn-bar", "aria-hidden": "true" }, bar), score.element);
  score.show(best(f), scoreText(best(f)));
  input.addEventListener("change", () => onChoose(column));
  let shown = "";
  return {
    element, input,
    show(state) {
      if (state === shown) return;
      shown = state;
      mark.show(state);
      element.dataset.state = state;
      const has = state === "right" || state === "wrong" || state === "named";
      name.textContent = has ? concept : `unnamed (${concept})`;
      input.setAttribute("aria-label", `${column}: ${concept}, ${scoreText(best(f))}, ${STATES[state]}`);
    },
  };
}

// Rows of the present board, made once each and kept: the best score first.
function makeList({ concepts }, onChoose) {
  const rows = h("div", { class: "cn-rows" }), made = new Map();
  const legend = h("legend", {}, "Features, the best score first"), group = newId();
  let shown = null, seen = -1;
  const rowsOf = (board) => {
    if (!made.has(board)) {
      made.set(board, board.columns.map((_, f) => makeRow(board, f, concepts, group, onChoose)));
    }
    return made.get(board);
  };
  return {
    element: h("fieldset", { class: "fb-choices cn-list" }, legend, rows),
    show({ board, level, counts, f }) {
      const all = rowsOf(board);
      if (board !== shown) rows.replaceChildren(...board.order.map((place) => all[place].element));
      rows.style.setProperty("--level", `${px(100 * level)}%`);
      all.forEach((row, place) => row.show(counts.states[place]));
      all[f].input.checked = true;
      if (board !== shown || f !== seen) follows(rows, all[f].element);
      [shown, seen] = [board, f];
    },
  };
}

// Scrolls the list, and not the page, to a row that is out of sight.
function follows(rows, row) {
  const above = row.offsetTop - rows.scrollTop, below = above + row.offsetHeight - rows.clientHeight;
  if (above < 0) rows.scrollTop += above;
  else if (below > 0) rows.scrollTop += below;
}
