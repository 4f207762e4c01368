// The numbers of QuantizerPlayground, under the pictures they belong to; the slider's ruler; the sentence.

const ROWS = {
  Range: [
    ["beyond", "values beyond alpha"], ["inside", "values that pass a gradient"], ["levels", "levels in use"],
  ],
  Storage: [["bytes", "bytes, packed"], ["bytes-float", "bytes as 32-bit floats"]],
  Error: [
    ["clipping", "clipping error"], ["rounding", "rounding error"], ["total", "total error"],
    ["smallest", "smallest total error"], ["optimum", "\u2026 at alpha ="], ["sawb", "SAWB would take alpha ="],
  ],
  Gradient: [["gradient-pact", "PACT, on alpha"], ["gradient-lsq", "LSQ, on alpha"]],
};

const GRADIENTS = "Gradients: of the mean squared error between input and output; " +
  "gradient descent steps against their sign.";

function makeTable(gradients) {
  const rows = {};
  const group = (title) => numbersUnder(title, ROWS[title], rows);
  const left = h("div", {}, group("Range"), group("Storage"));
  const error = group("Error"), pulls = group("Gradient");
  const right = h("div", {}, error, ...(gradients ? [pulls] : []));
  if (!gradients) rows.inside.element.remove();
  const note = h("p", { class: "fb-note" });
  return {
    left, right, note,
    show({ sample, bits, scheme, curves, measured }) {
      const { clipping, rounding, total, beyond, inside, pact, lsq, used } = measured;
      const { best, smallest } = curves, plain = { clipping, rounding, total, smallest, optimum: best };
      for (const [name, value] of Object.entries(plain)) rows[name].show(value, digits(value));
      for (const [name, value] of Object.entries({ beyond, inside })) rows[name].show(value, percent(value));
      rows["gradient-pact"].show(pact, direction(pact));
      rows["gradient-lsq"].show(lsq, direction(lsq));
      rows.levels.show(used, `${used} of ${levelsOf(makeGrid(scheme, bits, 1))}`);
      const packed = Math.ceil((sample.count * bits) / 8), unpacked = 4 * sample.count;
      rows.bytes.show(packed, whole(packed));
      rows["bytes-float"].show(unpacked, whole(unpacked));
      const sawb = scheme === "sawb" ? sample.sawb[bits - 1] : undefined; // fitted for few bits only
      rows.sawb.element.hidden = sawb === undefined;
      if (sawb !== undefined) rows.sawb.show(sawb, digits(sawb));
      note.textContent = (gradients ? `${GRADIENTS} ` : "") + thinned(sample);
    },
  };
}

function direction(gradient) {
  if (!Number.isFinite(gradient)) return "none";
  return `${digits(gradient)}, ${gradient < 0 ? "raises it" : gradient > 0 ? "lowers it" : "leaves it"}`;
}

function thinned({ count, values, high }) {
  if (count === values.length) return `${whole(count)} values.`;
  return `Shown: ${whole(values.length)} of the ${whole(count)} values, evenly spaced by rank ` +
    `(the largest of all is ${digits(high)}); the bytes count all.`;
}

// Under the slider: powers of ten, 0, and a line along the part where no alpha may be.
function makeRuler() {
  const element = h("div", { class: "fb-ruler", "aria-hidden": "true" });
  const at = (position) => `--at: ${(position + BELOW) / (POSITIONS + BELOW)}`;
  let drawn;
  return {
    element,
    draw(top) {
      if (drawn === top) return;
      drawn = top;
      const marks = [h("i", { style: at(0) }), h("span", { class: "wrong-text", style: at(0) }, "0")];
      for (let power = Math.ceil(Math.log10(alphaAt(8, top))); 10 ** power <= top; power++) {
        marks.push(h("span", { style: at(positionOf(10 ** power, top)) }, power10(power)));
      }
      element.replaceChildren(...marks);
    },
  };
}

// One sentence on what is going on at this setting, and whether something is wrong.
function advice({ scheme, bits, alpha, measured, curves, sample, gradients }) {
  const code = (text) => h("code", {}, text), wrong = (...text) => ({ tone: "wrong", text });
  const clamp = code(scheme === "pact" ? "x.clamp(0, alpha)" : "x.clamp(-alpha, alpha)");
  if (alpha === 0) {
    return wrong("At 0 the range has no width: the step is 0, ", code("x / step"), " divides by zero and ",
      "outputs turn into NaN, and the loss with them. fewbits refuses this alpha.");
  }
  if (alpha < 0) {
    const dead = gradients ? "No x lies inside, so no gradient reaches the layers beneath. " : "";
    return wrong("Below 0 the range is inside out: ", clamp, ` gives alpha for every x. ${dead}`,
      "fewbits refuses this alpha.");
  }
  if (scheme === "signed" && bits === 1) {
    return wrong("One bit with a 0 in the middle leaves 2\u00b9 \u2212 1 = 1 level: every output is 0. ",
      "Take two bits, or levels without a 0.");
  }
  const ratio = measured.total / curves.smallest;
  const side = alpha < curves.best ? "small, too much is clipped" : "large, the steps are too wide";
  const text = [], lost = scheme === "pact" ? share(sample.values, (x) => x < 0) : 0;
  if (lost) {
    text.push(h("span", { class: "wrong-text" }, "The range starts at 0: all negative values are clipped to 0, " +
      `${percent(lost)} of the sample. A range from \u2212alpha would keep them. `));
  }
  text.push(ratio < 1.005 ? `This is the smallest error that ${lost ? "such a range" : "this grid"} can reach.`
    : `${digits(ratio, 3)} times the smallest error: alpha is too ${side}.`);
  if (alpha >= (scheme === "pact" ? sample.high : Math.max(-sample.low, sample.high))) {
    text.push(gradients ? h("span", { class: "wrong-text" }, " No value lies beyond it, so PACT\u2019s gradient " +
      "on it is exactly 0: stuck, unless a penalty pulls it down.") : " No value lies beyond it.");
  }
  return { tone: "plain", text };
}
