// What ExplainBird computes: the logits of a changed layer, and what each feature adds to them.

// Features are counted by their place among those stored; a weight by its place in the layer.
async function makeBirds(cargo, arrays) {
  const { classes, features, titles, map: [high, wide] } = cargo;
  const { values, weights, bias, codes, scales, labels } = arrays, many = features.length;
  if (!labels.length) throw new Error("no picture arrived with its state");
  if (weights.length !== classes.length * many) throw new Error("layer and features arrived with other numbers");
  const uses = classes.map((_, row) => features.map((_, f) => f).filter((f) => weights[row * many + f]));
  const valueOf = (image, f, { dropped }) => (dropped.has(f) ? 0 : values[image * many + f]);
  const weightOf = (row, f, { flipped }) => (flipped.has(row * many + f) ? -1 : 1) * weights[row * many + f];
  const logits = (image, changes) => classes.map((_, row) => uses[row].reduce(
    (sum, f) => sum + weightOf(row, f, changes) * valueOf(image, f, changes), bias[row]));
  const rightly = (changes) =>
    [...labels].filter((label, image) => largest(logits(image, changes)) === label).length;
  const pictures = await openSheet(arrays.pictures, cargo.sheets.pictures);
  const evidence = await openSheet(arrays.evidence, cargo.sheets.evidence);
  const ranks = arrays.tiles.length / many;
  return {
    classes, features, titles, labels, bias, uses, wide, many, count: labels.length, pictures, evidence,
    valueOf, weightOf, logits, rightly,
    map(image, f) {
      const index = image * many + f, size = high * wide;
      return Float64Array.from(codes.subarray(index * size, (index + 1) * size), (code) => code * scales[index]);
    },
    evidenceOf: (f) => Array.from({ length: ranks }, (_, rank) => {
      const tile = arrays.tiles[f * ranks + rank];
      return { tile, label: arrays.tile_labels[tile], value: arrays.tile_values[f * ranks + rank] };
    }),
  };
}

const UNCHANGED = { dropped: new Set(), flipped: new Set() };

// What is dropped and flipped, by places.
function changesIn(birds, model) {
  const place = (number) => birds.features.indexOf(number);
  return {
    dropped: new Set(model.get("dropped").map(place)),
    flipped: new Set(model.get("flipped").map(([name, number]) =>
      birds.classes.indexOf(name) * birds.many + place(number))),
  };
}

// Changes as the model holds them, in the order in which Python holds them.
function changesOut({ features, classes, many }, { dropped, flipped }) {
  const sorted = (places) => [...places].sort((a, b) => a - b);
  return {
    dropped: sorted(dropped).map((f) => features[f]),
    flipped: sorted(flipped).map((at) => [classes[Math.floor(at / many)], features[at % many]]),
  };
}

// By the size of each one's part, the largest first; of equals the lower number.
const rankedBy = (parts, among) =>
  [...among].sort((a, b) => Math.abs(parts.get(b)) - Math.abs(parts.get(a)) || a - b);

// Everything about the present choice, from what the model holds. Which classes are looked at and in which order
// things stand is decided before any change, so that nothing moves away from the reader who changes it.
function look(birds, model) {
  const image = model.get("image"), changes = changesIn(birds, model), { classes, uses, bias } = birds;
  const plain = birds.logits(image, UNCHANGED), logits = birds.logits(image, changes);
  const named = (trait) => classes.indexOf(model.get(trait)), decided = largest(plain);
  const own = named("explained") < 0 ? decided : named("explained");
  const strongest = largest(plain.map((logit, row) => (row === own ? -Infinity : logit)));
  const other = named("against") < 0 ? strongest : named("against");

  const of = (f) => {
    const value = birds.valueOf(image, f, changes);
    const [mine, theirs] = [own, other].map((row) => birds.weightOf(row, f, changes));
    return { f, value, mine, theirs, part: mine * value, share: (mine - theirs) * value };
  };
  const before = (f, row) => birds.weightOf(row, f, UNCHANGED) * birds.valueOf(image, f, UNCHANGED);
  const both = [...new Set([...uses[own], ...uses[other]])];
  const parts = new Map(uses[own].map((f) => [f, before(f, own)]));
  const shares = new Map(both.map((f) => [f, before(f, own) - before(f, other)]));
  const maps = new Map(uses[own].map((f) => [f, birds.map(image, f)]));
  const sizes = [...maps.values()].flatMap((map) => [...map].map(Math.abs));
  const reasons = rankedBy(parts, uses[own]).map(of);
  return {
    image, changes, plain, logits, decided, own, other, maps, reasons,
    label: birds.labels[image], now: largest(logits), cover: model.get("cover"),
    explained: model.get("explained"), against: model.get("against"),
    order: [...classes.keys()].sort((a, b) => plain[b] - plain[a] || a - b),
    contrast: rankedBy(shares, both).map(of),
    together: reasons.reduce((sum, { part }) => sum + part, 0), bias: bias[own],
    biases: bias[own] - bias[other], difference: logits[own] - logits[other],
    reach: Math.max(...sizes) || 1, signed: [...maps.values()].some((map) => map.some((value) => value < 0)),
  };
}
