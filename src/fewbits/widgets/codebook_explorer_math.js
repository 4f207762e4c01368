// What CodebookExplorer computes: cosines, code maps, scores, and what each code adds to a logit.

// Codes are counted from 0 in each codebook; cells along the rows of the grid.
async function makeBooks(cargo, arrays) {
  const { classes, grid: [high, wide], step, listed } = cargo, { labels } = arrays, cells = high * wide;
  const joined = (name) => {
    const high = arrays[`${name}_high`];
    return Float64Array.from(arrays[`${name}_low`], (low, i) => 256 * high[i] + low);
  };
  const vectors = joined("vectors"), keys = joined("keys");
  if (!labels.length || !cargo.books.length) throw new Error("no picture or no codebook arrived with its state");
  const many = cargo.books.reduce((sum, { count }) => sum + count, 0);
  const directions = vectors.length / (labels.length * cells), patches = arrays.near.length / many;
  if (keys.length !== many * directions || arrays.slopes.length !== many * classes.length) {
    throw new Error("codes, pictures and heads arrived with other numbers");
  }
  let first = 0;
  const books = cargo.books.map(({ count, fitted }) => {
    const own = { keys: keys.subarray(first * directions, (first + count) * directions), from: first };
    const slopes = arrays.slopes.subarray(first * classes.length, (first + count) * classes.length);
    first += count;
    const seen = { vectors, directions, cells, images: labels.length, step };
    return makeBook(seen, { ...own, count, fitted, slopes });
  });
  return {
    classes, labels, books, high, wide, listed, patches, count: labels.length,
    sizes: books.map(({ count }) => count),
    pictures: await openSheet(arrays.pictures, cargo.sheets.pictures),
    tiles: await openSheet(arrays.patches, cargo.sheets.patches),
    patchesOf: (book, code) => Array.from({ length: patches }, (_, k) => {
      const at = (book.from + code) * patches + k;
      return { tile: arrays.tiles[at], cosine: arrays.near[at] };
    }),
  };
}

// One codebook with its head. Products are of whole numbers, so that they are exact in whatever order.
function makeBook({ vectors, directions, cells, images, step }, { keys, count, slopes, from, fitted }) {
  let cosines = null, kept = {};
  const product = (vector, key) => {
    const a = vector * directions, b = key * directions;
    let sum = 0;
    for (let d = 0; d < directions; d++) sum += vectors[a + d] * keys[b + d];
    return sum;
  };
  const everyCosine = () => { // a row a cell, one picture after the other
    cosines ??= Float64Array.from({ length: images * cells * count },
      (_, i) => product(Math.floor(i / count), i % count) * step ** 2);
    return cosines;
  };
  return {
    count, from, fitted,
    slope: (row, code) => slopes[row * count + code],
    classesOf: (code) => Array.from({ length: slopes.length / count }, (_, row) => slopes[row * count + code])
      .filter((slope) => slope > 0).length,
    logits(scores) {
      return Array.from({ length: slopes.length / count }, (_, row) => {
        let sum = 0;
        for (let code = 0; code < count; code++) sum += scores[code] * slopes[row * count + code];
        return sum;
      });
    },
    nearest(image) {
      const all = everyCosine();
      return Array.from({ length: cells }, (_, cell) => {
        const at = (image * cells + cell) * count;
        return largest(all.subarray(at, at + count));
      });
    },
    // Of every picture the map of each code, its largest value and where it is; kept until the temperature moves.
    seen(temperature) {
      if (kept.temperature !== temperature) kept = { temperature, pictures: look(temperature) };
      return kept.pictures;
    },
  };

  function look(temperature) {
    const all = everyCosine();
    return Array.from({ length: images }, (_, image) => {
      const from = image * cells * count, rows = all.slice(from, from + cells * count);
      if (temperature !== null) shareOut(rows, count, temperature);
      const scores = new Float64Array(count).fill(-Infinity), places = new Uint16Array(count);
      for (let i = 0; i < rows.length; i++) {
        const code = i % count;
        if (rows[i] > scores[code]) { scores[code] = rows[i]; places[code] = Math.floor(i / count); }
      }
      const map = (code) => Array.from({ length: cells }, (_, cell) => rows[cell * count + code]);
      return { scores, places, map };
    });
  }
}

// Softmax over the codes of each cell, in place.
function shareOut(rows, count, temperature) {
  for (let at = 0; at < rows.length; at += count) {
    let most = -Infinity, sum = 0;
    for (let i = at; i < at + count; i++) most = Math.max(most, rows[i]);
    for (let i = at; i < at + count; i++) sum += rows[i] = Math.exp((rows[i] - most) / temperature);
    for (let i = at; i < at + count; i++) rows[i] /= sum;
  }
}

// Everything about the present choice, from what the model holds.
function explore(books, model) {
  const [image, codes, plain, code] = ["image", "codes", "plain", "code"].map((name) => model.get(name));
  const place = books.sizes.indexOf(codes), book = books.books[place], degree = model.get("temperature");
  const seen = book.seen(plain ? null : degree), logits = seen.map(({ scores }) => book.logits(scores));
  const named = books.classes.indexOf(model.get("explained")), decided = largest(logits[image]);
  const own = named < 0 ? decided : named, { scores, places } = seen[image], nearest = book.nearest(image);
  const of = (c) => {
    const score = scores[c], weight = book.slope(own, c);
    return { code: c, score, weight, part: score * weight, classes: book.classesOf(c) };
  };
  const used = Array.from(scores, (_, c) => of(c)).filter(({ weight }) => weight > 0);
  const reasons = used.sort((a, b) => b.part - a.part || a.code - b.code).slice(0, books.listed);
  const chosen = code in scores ? code : reasons[0].code;
  const counts = new Map();
  for (const c of nearest) counts.set(c, (counts.get(c) ?? 0) + 1);
  const wrong = logits.map((found, i) => largest(found) !== books.labels[i]);
  return {
    image, book, place, degree, plain, code, own, decided, reasons, chosen, nearest, counts, wrong,
    explained: model.get("explained"), label: books.labels[image], logits: logits[image],
    map: seen[image].map(chosen), cell: places[chosen], loudest: scores[chosen],
    extra: reasons.some((reason) => reason.code === chosen) ? null : of(chosen),
    listed: reasons.reduce((sum, { part }) => sum + part, 0), logit: logits[image][own],
    right: wrong.filter((is) => !is).length,
  };
}
