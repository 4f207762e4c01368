// What PerturbationProbe computes: scores before and after a patch, and how far from it each code's cell is.

async function makeProbes(cargo, arrays) {
  const { grid: [high, wide], labels, classes, patches, step } = cargo, places = high * wide;
  const joined = (name) => {
    const upper = arrays[`${name}_high`];
    return Float64Array.from(arrays[`${name}_low`], (low, i) => 256 * upper[i] + low);
  };
  const before = joined("before"), changed = joined("changed"), { cells, slopes, tiles } = arrays;
  if (!labels.length || !cargo.models.length) throw new Error("no picture or no model arrived with its state");
  const codes = cargo.models.reduce((sum, { count }) => sum + count, 0);
  const expected = patches.length * labels.length * codes * places;
  if (changed.length !== expected || slopes.length !== codes * classes.length) {
    throw new Error("pictures, patches and models arrived with other numbers");
  }
  let first = 0;
  const models = cargo.models.map(({ name, count, reach }) => {
    const from = first;
    first += count;
    const part = (values, each) => values.subarray(from * each, (from + count) * each);
    return {
      name, count, reach, before: part(before, labels.length), cells: part(cells, labels.length),
      changed: part(changed, patches.length * labels.length * places), slopes: part(slopes, classes.length),
    };
  });
  return {
    grid: cargo.grid, wide, high, places, labels, classes, patches, models, step, count: labels.length,
    listed: cargo.listed, moved: cargo.moved,
    pictures: await openSheet(arrays.pictures, cargo.sheet),
    tiles: patches.map((_, patch) => tileOf(tiles, patch, cargo)),
    modelAt: (name) => models.find((model) => model.name === name),
  };
}

// A patch as a small canvas of its own, to be drawn wherever it lies.
function tileOf(tiles, patch, { patches, tile: [high, wide] }) {
  const canvas = h("canvas", { width: wide, height: high }), size = tiles.length / patches.length;
  const context = canvas.getContext("2d"), data = context.createImageData(wide, high);
  for (let i = 0; i < high * wide; i++) {
    data.data.set([...tiles.subarray(patch * size + 3 * i, patch * size + 3 * i + 3), 255], 4 * i);
  }
  context.putImageData(data, 0, 0);
  return canvas;
}

// Rows or columns between two cells, whichever are more.
const stepsBetween = (a, b, wide) => Math.max(
  Math.abs(Math.floor(a / wide) - Math.floor(b / wide)), Math.abs((a % wide) - (b % wide)));

// One model where the patch lies, with the code that is to be shown.
function lookThrough(probes, model, { image, patch, place }, code) {
  const { step, places, wide, count: images } = probes, { count, slopes } = model;
  const changeOf = (c, at) => model.changed[((patch * images + image) * count + c) * places + at];
  const before = Array.from({ length: count }, (_, c) => model.before[image * count + c]);
  const here = before.map((_, c) => changeOf(c, place));
  const score = (c, after) => (before[c] + (after ? here[c] : 0)) * step;
  const logits = (after) => probes.classes.map((_, row) => {
    let sum = 0;
    for (let c = 0; c < count; c++) sum += slopes[row * count + c] * score(c, after);
    return sum;
  });
  const decided = largest(logits(false)), now = largest(logits(true));
  const chosen = code in before ? code : largest(before.map((_, c) => slopes[decided * count + c] * score(c)));
  const cell = model.cells[image * count + chosen];
  const changes = Array.from({ length: places }, (_, at) => changeOf(chosen, at) * step);
  const away = changes.map((_, at) => stepsBetween(cell, at, wide));
  const mean = (kept) => {
    const sizes = changes.filter((_, at) => kept(away[at])).map(Math.abs);
    return sizes.length ? sizes.reduce((a, b) => a + b, 0) / sizes.length : NaN;
  };
  const order = [...here.keys()].sort((a, b) => Math.abs(here[b]) - Math.abs(here[a]) || a - b);
  const of = (c) => ({
    code: c, from: score(c), to: score(c, true), change: here[c] * step,
    away: stepsBetween(model.cells[image * count + c], place, wide),
  });
  const listed = order.slice(0, probes.listed).map(of);
  return {
    model, decided, now, chosen, cell, changes, away, listed, reach: model.reach, own: of(chosen),
    extra: listed.some((one) => one.code === chosen) ? null : of(chosen),
    moved: here.filter((change) => Math.abs(change) >= probes.moved).length,
    near: mean((steps) => steps <= model.reach), far: mean((steps) => steps > model.reach),
  };
}

// Everything about the present choice, from what the model of the page holds.
function lookAtAll(probes, model) {
  const [image, row, column] = ["image", "row", "column"].map((name) => model.get(name));
  const patch = probes.patches.indexOf(model.get("patch")), place = row * probes.wide + column;
  const at = { image, patch, place, row, column };
  const [left, right] = ["left", "right"].map((side) =>
    lookThrough(probes, probes.modelAt(model.get(side)), at, model.get(`${side}_code`)));
  return { ...at, left, right, codes: { left: model.get("left_code"), right: model.get("right_code") } };
}
