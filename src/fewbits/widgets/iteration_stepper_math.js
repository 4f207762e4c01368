// What IterationStepper looks through: layers by moment over rounded features; what they name, how features part.

function makeSteps(cargo, arrays) {
  const { classes, moments, given } = cargo, { labels, codes, lows, units, contrasts } = arrays;
  const features = arrays.means.length / moments.length, count = labels.length, size = classes.length * features;
  if (!count || arrays.weights.length !== size * moments.length) throw new Error("layers and pictures differ");
  function valuesAt(at) { // standardised, as the moment's layer sees them
    const table = moments[at][2], found = new Float64Array(count * features);
    for (let i = 0; i < found.length; i++) {
      const f = i % features, of = table * features + f, k = at * features + f;
      const raw = lows[of] + codes[table * count * features + i] * units[of];
      found[i] = (raw - arrays.means[k]) / arrays.scales[k];
    }
    return found;
  }
  function stepAt(at) {
    const [place, kind, table] = moments[at], weights = arrays.weights.subarray(at * size, (at + 1) * size);
    const bias = arrays.biases.subarray(at * classes.length, (at + 1) * classes.length);
    const store = makeStore({ values: valuesAt(at), labels }, classes, given), rows = entriesOf(weights, features);
    const signs = Int8Array.from(weights, Math.sign);
    const of = (f) => classes.map((_, c) => signs[c * features + f]);
    return {
      place, kind, store, rows, signs, of, uses: usesOf(rows), accuracy: accuracyOf(rows, bias, store),
      apart: Array.from({ length: features }, (_, f) => apartness(column(store, f), labels, of(f))),
      contrasts: contrasts.subarray(table * features, (table + 1) * features), changes: [],
    };
  }
  const steps = moments.map((_, at) => stepAt(at));
  for (const step of steps) { // against the layer of the pass before
    const before = steps.filter((one) => one.place === step.place - 1).at(-1);
    if (!before) continue;
    step.signs.forEach((sign, i) => {
      if (sign !== before.signs[i]) step.changes.push([Math.floor(i / features), i % features]);
    });
  }
  return { steps, features, store: steps[0].store };
}

const column = ({ values, count, features }, f) =>
  Array.from({ length: count }, (_, i) => values[i * features + f]);

// How often a feature is louder on a picture of a class it speaks for than on another; see `separates` in Python.
function apartness(values, labels, signs) {
  const speaksFor = signs.some((sign, c) => sign > 0 && labels.includes(c));
  const upper = [], lower = [];
  values.forEach((value, i) => {
    const sign = signs[labels[i]], above = speaksFor ? sign > 0 : sign >= 0;
    (above ? upper : lower).push(value);
  });
  if (!upper.length || !lower.length) return 0.5;
  lower.sort((a, b) => a - b);
  const below = (value, orEqual) => { // how many are smaller
    let [from, to] = [0, lower.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (lower[middle] < value || (orEqual && lower[middle] === value)) from = middle + 1;
      else to = middle;
    }
    return from;
  };
  const wins = upper.reduce((sum, value) => sum + (below(value, false) + below(value, true)) / 2, 0);
  return wins / (upper.length * lower.length);
}

// Shares of the values in equal bins from low to high.
function sharesIn(values, low, high, bins) {
  const counts = new Array(bins).fill(0);
  for (const value of values) {
    counts[Math.min(bins - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * bins)))]++;
  }
  return counts.map((count) => (values.length ? count / values.length : 0));
}
