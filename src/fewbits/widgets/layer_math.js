// A sparse last layer over stored features: who uses what, and how many pictures it names rightly.

// {values, labels} as they arrive -> rows of features, one a picture.
function makeStore({ values, labels }, classNames, given) {
  const count = labels.length;
  if (!count) throw new Error("no picture arrived with its state");
  return { values, labels, count, given, classNames, features: values.length / count };
}

// The weights that are not 0, class by class.
function entriesOf(weights, features) {
  const rows = [];
  for (let c = 0; c * features < weights.length; c++) {
    const row = [];
    for (let f = 0; f < features; f++) if (weights[c * features + f]) row.push([f, weights[c * features + f]]);
    rows.push(row);
  }
  return rows;
}

// The class of the largest logit of each stored picture; of equal logits the first.
function decisionsOf(rows, bias, { values, count, features }) {
  const decided = new Uint16Array(count);
  for (let image = 0; image < count; image++) {
    let best = -Infinity, chosen = 0;
    for (let c = 0; c < rows.length; c++) {
      let logit = 0;
      for (const [f, weight] of rows[c]) logit += weight * values[image * features + f];
      logit += bias[c];
      if (logit > best) [best, chosen] = [logit, c];
    }
    decided[image] = chosen;
  }
  return decided;
}

// Share of the stored pictures that are decided as their label says.
function accuracyOf(rows, bias, store) {
  const decided = decisionsOf(rows, bias, store);
  return decided.filter((chosen, image) => chosen === store.labels[image]).length / store.count;
}

// How many weights are not 0: in all, in the smallest class and the largest, and how many features they use.
function usesOf(rows) {
  const counts = rows.map((row) => row.length), used = new Set(rows.flatMap((row) => row.map(([f]) => f)));
  const total = counts.reduce((a, b) => a + b, 0);
  return {
    counts, nonzeros: total, mean: total / rows.length, used: used.size,
    fewest: Math.min(...counts), most: Math.max(...counts),
  };
}

// Which pictures the accuracy is of.
function picturesShown({ count, given }) {
  return count === given ? `${whole(count)} pictures.`
    : `${whole(count)} of ${whole(given)} pictures, each class its share: more would make the page too heavy.`;
}
