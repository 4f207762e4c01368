// The numbers of QuantizerPlayground, in two columns under the pictures they belong to, and the slider's ruler.

function makeTable() {
  const rows = {
    beyond: number("beyond", "values beyond alpha"), inside: number("inside", "values that pass a gradient"), levels: number("levels", "levels in use"),
    bytes: number("bytes", "bytes, packed"), float: number("bytes-float", "bytes as 32-bit floats"),
    clipping: number("clipping", "clipping error"), rounding: number("rounding", "rounding error"), total: number("total", "total error"),
    smallest: number("smallest", "smallest total error"), optimum: number("optimum", "\u2026 at alpha ="), sawb: number("sawb", "SAWB would take alpha ="),
    pact: number("gradient-pact", "PACT, on alpha"), lsq: number("gradient-lsq", "LSQ, on the step"),
  };
  const group = (title, ...names) => h("section", { class: "fb-numbers", "aria-label": title }, h("p", { class: "fb-title" }, title), ...names.map((name) => rows[name].element));
  const left = h("div", {}, group("Range", "beyond", "inside", "levels"), group("Storage", "bytes", "float"));
  const right = h("div", {}, group("Error", "clipping", "rounding", "total", "smallest", "optimum", "sawb"), group("Gradient", "pact", "lsq"));
  const note = h("p", { class: "fb-note" });
  const pull = (value) => (Number.isFinite(value) ? `${digits(value)}, ${value < 0 ? "raises it" : value > 0 ? "lowers it" : "leaves it"}` : "none");
  return {
    left, right, note,
    show({ sample, bits, scheme, curves, measured: m }) {
      for (const name of ["clipping", "rounding", "total"]) rows[name].show(m[name], digits(m[name]));
      for (const name of ["beyond", "inside"]) rows[name].show(m[name], percent(m[name]));
      for (const name of ["pact", "lsq"]) rows[name].show(m[name], pull(m[name]));
      rows.optimum.show(curves.best, digits(curves.best));
      rows.smallest.show(curves.smallest, digits(curves.smallest));
      rows.levels.show(m.used, `${m.used} of ${levelsOf(makeGrid(scheme, bits, 1))}`);
      const bytes = Math.ceil((sample.count * bits) / 8);
      rows.bytes.show(bytes, whole(bytes));
      rows.float.show(sample.count * 4, whole(sample.count * 4));
      const sawb = scheme === "sawb" ? sample.sawb[bits - 1] : null;
      rows.sawb.element.hidden = sawb == null;
      if (sawb != null) rows.sawb.show(sawb, digits(sawb));
      const thinned = sample.count > sample.values.length ? `Shown: ${whole(sample.values.length)} of the ${whole(sample.count)} values, evenly spaced by rank (the largest of all is ${digits(sample.high)}); the bytes count all.` : `${whole(sample.count)} values.`;
      note.textContent = `Gradients: of the mean squared error between input and output; gradient descent steps against their sign. ${thinned}`;
    },
  };
}

// Under the slider: powers of ten, 0, and the part where no alpha may be.
function makeRuler() {
  const element = h("div", { class: "fb-ruler", "aria-hidden": "true" });
  const place = (position) => (position + BELOW) / (POSITIONS + BELOW);
  let drawn;
  return {
    element,
    draw(top) {
      if (drawn === top) return;
      drawn = top;
      const marks = [h("span", { class: "wrong-text", style: `--at: ${place(0)}` }, "0")];
      for (let power = Math.ceil(Math.log10(alphaAt(8, top))); 10 ** power <= top; power++) {
        marks.push(h("span", { style: `--at: ${place(positionOf(10 ** power, top))}` }, power10(power)));
      }
      element.replaceChildren(h("i", { style: `--at: ${place(0)}` }), ...marks);
    },
  };
}
