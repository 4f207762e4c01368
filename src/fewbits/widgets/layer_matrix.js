// A last layer as a picture: a row a class, a column a feature, a square or a bar for each weight that is not 0.

const NAME_WIDTH = 122, LETTERS = 17, TALLEST = 340;
const shortened = (name) => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}\u2026` : name);

// What a column is called, its colour, and whether weights have signs.
const OF_FEATURES = { unit: "feature", hue: "qsenn", signed: true };

function makeMatrix({ classNames, features }, { unit, hue, signed } = OF_FEATURES) {
  const rows = classNames.length, high = Math.min(15, TALLEST / rows), named = high >= 11;
  const margin = { left: named ? NAME_WIDTH : 46, right: 10, top: 4, bottom: 34 };
  const panel = plot({
    caption: h("span", {}, `The layer: a row a class, a column a ${unit}`, ...(signed ? [
      h("span", { class: `fb-key fb-key-box ${hue}-text` }, "for: squares"),
      h("span", { class: "fb-key fb-key-box wrong-text" }, "against: bars")] : [])),
    description: `Matrix of the weights that are not 0, classes down, ${unit}s across`,
    height: rows * high + margin.top + margin.bottom, margin,
  });
  const lit = panel.add("rect", "lit-row");
  const chosen = panel.add("rect", "lit-row"), frames = panel.add("path", "ink-line thin");
  const marks = { plus: panel.add("path", `${hue}-fill`), minus: panel.add("path", "wrong-solid") };
  let across, down;
  return {
    element: panel.element,
    resize(width) {
      panel.resize(width);
      const { left, right, top, bottom } = panel.box;
      across = linear(-0.5, features - 0.5, left, right);
      down = linear(-0.5, rows - 0.5, top, bottom);
      const names = Object.assign((row) => down(row), {
        ticks: () => (named ? classNames.map((name, row) => [row, shortened(name)]) : down.ticks(4)),
      });
      panel.drawAxes(across, names);
      panel.label(unit);
    },
    // Squares whose side says how large a weight is beside the largest; places in `marked` have a frame.
    draw(entries, row, marked = [], feature = -1) {
      if (!across) return;
      const cell = Math.min(across(1) - across(0), down(1) - down(0));
      let largest = 0;
      for (const [, weight] of entries.flat()) largest = Math.max(largest, Math.abs(weight));
      const paths = { plus: "", minus: "" };
      entries.forEach((found, c) => {
        for (const [f, weight] of found) {
          const side = Math.max(2, 0.92 * cell * Math.sqrt(Math.abs(weight) / largest));
          const tall = weight > 0 ? side : Math.max(1.5, 0.4 * side); // a minus is a bar: not by colour alone
          const at = `M${px(across(f) - side / 2)} ${px(down(c) - tall / 2)}`;
          paths[weight > 0 ? "plus" : "minus"] += `${at}h${px(side)}v${px(tall)}h${px(-side)}z`;
        }
      });
      for (const [sign, d] of Object.entries(paths)) place(marks[sign], { d });
      const wide = across(1) - across(0);
      place(frames, { d: marked.map(([c, f]) => {
        const corner = `M${px(across(f) - cell / 2)} ${px(down(c) - cell / 2)}`;
        return `${corner}h${px(cell)}v${px(cell)}h${px(-cell)}z`;
      }).join("") });
      const { top, bottom } = panel.box;
      const strip = { x: across(feature) - wide / 2, width: wide, y: top, height: bottom - top };
      place(chosen, feature < 0 ? { height: 0 } : strip);
      const { left, right } = panel.box, tall = down(1) - down(0);
      const frame = { x: left, width: right - left, y: down(row) - tall / 2, height: tall };
      place(lit, row < 0 ? { height: 0 } : frame);
    },
  };
}
