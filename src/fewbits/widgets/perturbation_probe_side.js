// One model in PerturbationProbe: what it decides, the codes that changed most, one code's map of change.

const probeSigned = (value) => `${value > 0 ? "+" : ""}${value.toFixed(2)}`.replace("-", "\u2212");
const FACTS_OF_A_SIDE = ["decided", "now", "moved", "chosen", "near", "far", "reach"];
const SCORED = ["from", "to", "away"];

function makeSide(probes, side, { choose, pick, place }) {
  const names = probes.models.map(({ name }) => [name, name]);
  const which = select({ label: side === "left" ? "Left" : "Right", name: side, options: names }, choose);
  const code = select({ label: "Show the map of", name: `${side}_code`, options: [] }, (at) => pick(Number(at)));
  const facts = {}, table = makeChanged(probes, side);
  for (const name of FACTS_OF_A_SIDE) facts[name] = output(`${side}-${name}`);
  const one = (name) => facts[name].element, verdict = h("p", { class: "pp-verdict" });
  verdict.append("Says ", one("decided"), ", with the patch ", one("now"), ". ", one("moved"),
    " codes changed by 0.05 or more.");
  const caption = ["Code ", one("chosen"), ", changed by the patch at each place"];
  const map = makeGround(caption, `${side}-map`, probes, place);
  const distances = makeDistances(probes, side);
  const far = h("p", { class: "fb-foot" }, "A patch reaches a cell from ", one("reach"),
    " cells away (dashed line). Mean size of a change: ", one("near"), " up to there, ", one("far"), " beyond.");
  const element = h("section", { class: "pp-side", "aria-label": `${side} model` },
    h("div", { class: "pp-choose" }, which.element, code.element), verdict, table.element, map.element,
    distances.element, far);
  return {
    element, map, distances,
    show(now) {
      const found = now[side], { model } = found, name = (row) => spoken(probes.classes[row]);
      which.show(model.name);
      offer(code.input, model);
      code.show(String(now.codes[side]));
      facts.decided.show(found.decided, name(found.decided));
      facts.now.show(found.now, name(found.now));
      verdict.dataset.tone = found.now === found.decided ? "plain" : "wrong";
      for (const key of ["moved", "chosen", "reach"]) facts[key].show(found[key], String(found[key]));
      for (const key of ["near", "far"]) facts[key].show(found[key], digits(found[key], 2));
      table.show(found);
      const { change, away } = found.own, by = `now by ${probeSigned(change)}, ${away} cells from its own`;
      map.canvas.setAttribute("aria-label", `How the score of code ${found.chosen} of ${model.name} ` +
        `changes with the patch at each place; ${by}`);
    },
  };
}

// The codes to choose from, made anew only for another model.
function offer(input, model) {
  if (input.dataset.offered === model.name) return;
  input.dataset.offered = model.name;
  input.replaceChildren(h("option", { value: -1 }, "the code that says most"),
    ...Array.from({ length: model.count }, (_, code) => h("option", { value: code }, `code ${code}`)));
}

// A row a code: score before, after, change as a bar, cells from the patch to its own. The chosen one last.
function makeChanged(probes, side) {
  const head = ["code", "before", "after", "change", "cells away"].map((name) => h("th", { scope: "col" }, name));
  const rows = Array.from({ length: probes.listed + 1 }, () => makeChangedRow(side));
  const body = h("tbody"), caption = h("caption", {}, "Scores that changed most");
  return {
    element: h("table", { class: "fb-ledger pp-table" }, caption, h("thead", {}, h("tr", {}, ...head)), body),
    show({ listed, extra, chosen }) {
      const every = extra ? [...listed, extra] : listed;
      const reach = Math.max(0.05, ...every.map(({ change }) => Math.abs(change)));
      every.forEach((one, k) => rows[k].show(one, { chosen, reach }));
      if (body.children.length !== every.length) {
        body.replaceChildren(...rows.slice(0, every.length).map((row) => row.element));
      }
    },
  };
}

function makeChangedRow(side) {
  const cells = Object.fromEntries(SCORED.map((name) => [name, output(`${side}-${name}`)]));
  const name = h("th", { scope: "row" }), change = h("span"), bar = s("rect", { y: 2, height: 8 });
  const picture = s("svg", { "aria-hidden": "true", height: 12, width: "100%" });
  picture.append(bar);
  const element = h("tr", {}, name, h("td", {}, cells.from.element), h("td", {}, cells.to.element),
    h("td", {}, change, picture), h("td", {}, cells.away.element));
  return {
    element,
    show(one, { chosen, reach }) {
      const shown = { from: one.from.toFixed(2), to: one.to.toFixed(2), away: String(one.away) };
      for (const key of SCORED) {
        cells[key].element.dataset.value = `${side}-${key}-${one.code}`;
        cells[key].show(one[key], shown[key].replace("-", "\u2212"));
      }
      name.textContent = one.code === chosen ? `${one.code}, shown` : String(one.code);
      element.classList.toggle("pp-chosen", one.code === chosen);
      change.textContent = probeSigned(one.change);
      bar.setAttribute("width", `${px((100 * Math.abs(one.change)) / reach)}%`);
      bar.setAttribute("class", one.change < 0 ? "wrong-solid" : "protoquant-fill");
    },
  };
}
