// The codes of the class that ClassEditor edits: a row each, with patches and what it adds to the logit.

function makeCodeRow(editor, code, { group, onChoose }) {
  const input = h("input", { type: "radio", name: group, value: code, "data-input": "code" });
  input.addEventListener("change", () => onChoose(code));
  const [score, weight, part, classes] = ["score", "weight", "part", "classes"]
    .map((name) => output(`${name}-${code}`));
  const tiles = Array.from({ length: editor.patches }, (_, k) => {
    const at = code * editor.patches + k, near = editor.near[at].toFixed(2).replace("-", "\u2212");
    const told = `Code ${code}, nearest patch ${k + 1} of ${editor.patches} in training, cosine ${near}`;
    return editor.tiles.tile(at, told);
  });
  const bar = s("rect", { y: 1, height: 8, class: "protoquant-fill" }), of = h("span"), mark = h("span");
  const picture = s("svg", { "aria-hidden": "true", height: 10, width: "100%" });
  picture.append(bar);
  const element = h("div", { class: "ed-row" },
    h("label", { class: "ed-name" }, input, h("span", {}, `code ${code}`), mark),
    h("div", { class: "ed-tiles" }, ...tiles),
    h("div", { class: "ed-part" },
      h("p", {}, "score ", score.element, " \u00d7 weight ", weight.element, " = ", part.element), picture,
      h("p", { class: "float-text" }, classes.element, of)));
  return {
    element,
    show(now, reach) {
      const found = now.of(code);
      input.checked = code === now.chosen;
      element.classList.toggle("ed-chosen", code === now.chosen);
      element.classList.toggle("ed-struck", !found.weight);
      mark.textContent = !found.there ? "gone" : found.forbidden ? "forbidden" : found.weight ? "" : "struck out";
      score.show(found.score, digits(found.score, 3));
      weight.show(found.weight, digits(found.weight, 3));
      part.show(found.part, digits(found.part, 3));
      classes.show(found.classes, whole(found.classes));
      of.textContent = ` of ${editor.classes.length} classes use${found.classes === 1 ? "s" : ""} it`;
      bar.setAttribute("width", `${px((100 * found.part) / reach)}%`);
    },
  };
}

// Rows are made once each, so that a key on one does not lose the focus.
function makeCodeList(editor, onChoose) {
  const group = newId(), made = new Map();
  const list = h("div", { role: "radiogroup", "aria-label": "Codes of the class, the heaviest first" });
  return {
    element: list,
    show(now) {
      const shown = now.listed.includes(now.chosen) ? now.listed : [...now.listed, now.chosen];
      const rows = shown.map((code) => {
        if (!made.has(code)) made.set(code, makeCodeRow(editor, code, { group, onChoose }));
        return made.get(code);
      });
      const reach = Math.max(1e-9, ...shown.map((code) => now.of(code).part), now.logits[now.edited]);
      rows.forEach((row) => row.show(now, reach));
      const elements = rows.map(({ element }) => element), before = [...list.children];
      if (before.length !== elements.length || before.some((one, k) => one !== elements[k])) {
        list.replaceChildren(...elements);
      }
    },
  };
}

const EDITS = [
  ["zero", "Zero its weight in this class"], ["forbid", "Forbid it to this class"],
  ["silence", "Silence it in all classes"], ["remove", "Remove it from the softmax"], ["merge", "Merge it"],
];

// A button an edit; those that cannot be made now are off.
function makeButtons(editor, { edit, undo, reset, set }) {
  const other = { label: "Merge it into", name: "into", options: [] };
  const into = select(other, (value) => set("into")(Number(value)));
  const button = (name, text, work) => {
    const made = h("button", { type: "button", "data-input": name }, text);
    made.addEventListener("click", work);
    return made;
  };
  const made = Object.fromEntries(EDITS.map(([kind, text]) => [kind, button(kind, text, () => edit(kind))]));
  const back = button("undo", "Undo the last edit", undo), all = button("reset", "Undo all edits", reset);
  return {
    element: h("div", {}, h("div", { class: "ed-buttons" }, ...EDITS.slice(0, 4).map(([kind]) => made[kind])),
      h("div", { class: "ed-buttons" }, into.element, made.merge, back, all)),
    show(now) {
      const { there, weight, forbidden } = now.of(now.chosen);
      const anywhere = now.of(now.chosen).classes > 0;
      const can = {
        zero: there && weight > 0, forbid: there && !forbidden, silence: there && anywhere,
        remove: there && now.there.length > 1, merge: there && now.into !== GONE,
      };
      for (const [kind, element] of Object.entries(made)) element.disabled = !can[kind];
      back.disabled = all.disabled = !now.edits.length;
      const others = now.there.filter((code) => code !== now.chosen), key = String(others);
      if (into.input.dataset.offered !== key) {
        into.input.dataset.offered = key;
        into.input.replaceChildren(...others.map((code) => h("option", { value: code }, `code ${code}`)));
      }
      into.input.disabled = !can.merge;
      into.show(now.into);
    },
  };
}
