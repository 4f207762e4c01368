// The classes of CodeBudget as a list to choose from, and the codes that the chosen one keeps.

function makeClassRow(name, row, { group, onChoose }) {
  const input = h("input", { type: "radio", name: group, value: name, "data-input": "row" });
  input.addEventListener("change", () => onChoose(name));
  const right = output(`right-${row}`), codes = output(`codes-${row}`), bar = h("i");
  const element = h("label", { class: "cb-row" }, input, h("span", { class: "cb-name" }, spoken(name)),
    h("span", { class: "cb-bar", "aria-hidden": "true" }, bar), right.element, codes.element);
  return {
    element,
    show(now, chosen) {
      input.checked = row === chosen;
      bar.style.width = `${px(100 * (now.right[row] || 0))}%`;
      right.show(now.right[row], percent(now.right[row]));
      codes.show(now.head[row].length, whole(now.head[row].length));
      element.classList.toggle("cb-alike", now.names.filter((name) => name === now.names[row]).length > 1);
    },
  };
}

function makeClasses({ classes }, onChoose) {
  const group = newId(), rows = classes.map((name, row) => makeClassRow(name, row, { group, onChoose }));
  const heads = h("div", { class: "cb-heads", "aria-hidden": "true" },
    h("span", {}, "class"), h("span", {}, "named rightly"), h("span", {}, "codes"));
  return {
    element: h("div", {}, heads, h("div", { role: "radiogroup", "aria-label": "Classes" },
      ...rows.map(({ element }) => element)),
    h("p", { class: "cb-foot" }, "In italics: another class has the very same codes.")),
    show(now, chosen) { for (const row of rows) row.show(now, chosen); },
  };
}

// The largest weights of one class: rows are made when they are first needed and kept.
function makeKept(budgets) {
  const list = h("ol", { class: "cb-codes" }), heading = h("p", { class: "cb-heading" });
  const more = h("p", { class: "cb-foot" }), made = new Map();
  const rowOf = (code) => {
    if (!made.has(code)) {
      const [weight, usage, classes] = ["weight", "usage", "classes"].map((name) => output(`${name}-${code}`));
      const bar = s("rect", { y: 2, height: 9, class: "protoquant-fill" });
      const picture = s("svg", { "aria-hidden": "true", height: 13, width: "100%" }), of = h("span");
      picture.append(bar);
      const element = h("li", {}, h("span", {}, `code ${code}`), picture, weight.element,
        h("span", { class: "float-text" }, usage.element, " of cells, ", classes.element, of));
      made.set(code, { element, weight, usage, classes, bar, of });
    }
    return made.get(code);
  };
  return {
    element: h("div", {}, heading, list, more),
    show({ head, own, perCode }, chosen) {
      const codes = [...head[chosen]].sort(([a, v], [b, w]) => w - v || a - b);
      const name = spoken(budgets.classes[chosen]), shown = codes.slice(0, budgets.cargo.listed);
      heading.textContent = codes.length ? `The codes of ${name}, and their weights` : `${name} has no code left`;
      for (const [code, slope] of shown) {
        const row = rowOf(code), count = perCode[code];
        row.weight.show(slope, digits(slope, 3));
        row.usage.show(own.usage[code], percent(own.usage[code]));
        row.classes.show(count, whole(count));
        row.of.textContent = count === 1 ? " class" : " classes";
        row.bar.setAttribute("width", `${px((100 * slope) / shown[0][1])}%`);
      }
      list.replaceChildren(...shown.map(([code]) => rowOf(code).element));
      const rest = codes.length - shown.length;
      more.textContent = rest > 0 ? `and ${whole(rest)} more` : "";
    },
  };
}
