// What CodeBudget computes: the head that is left, what it decides, and how much of it is in use.

const TO_CARRY = 0.95, ROUNDING = 1e-9; // of a logit: what carries it

// {cargo} and its arrays -> lists of codes, each with its heads; `at` judges a choice, `curve` all lengths.
function makeBudgets(cargo, arrays) {
  const { classes, counts } = cargo, rows = classes.length, { labels } = arrays;
  if (!cargo.lists.length || !labels.length) throw new Error("no picture or no list of codes arrived");
  const total = classes.map((_, row) => labels.filter((label) => label === row).length);
  const lists = cargo.lists.map(({ name, count }, place) => {
    const [low, high, weights, again, scale, usage] = ["low", "high", "weights", "again", "scale", "usage"]
      .map((part) => arrays[`${part}${place}`]);
    if (weights.length !== rows * count || again.length !== counts.length * rows * count ||
      low.length !== labels.length * count || usage.length !== count) {
      throw new Error("scores and heads arrived with other sizes");
    }
    const values = Float64Array.from(low, (byte, i) => (high[i] * 256 + byte) * cargo.step);
    const store = makeStore({ values, labels }, classes, labels.length);
    return { name, count, weights, again, scale, usage, store, ranked: rankedOf(weights, rows, count) };
  });
  const none = new Float64Array(rows), curves = new Map();

  function headOf(own, at, least, refit) { // the weights that are left, class by class, in the codes' order
    return classes.map((_, row) => {
      const from = refit ? (at * rows + row) * own.count : row * own.count;
      const kept = refit ? Array.from({ length: own.count }, (_, code) => code)
        : own.ranked[row].slice(0, counts[at]).sort((a, b) => a - b);
      const weights = refit ? own.again : own.weights;
      return kept.filter((code) => weights[from + code] > 0 && own.usage[code] >= least)
        .map((code) => [code, weights[from + code] / own.scale[code]]);
    });
  }
  const shareRight = (predicted) => predicted.filter((row, image) => row === labels[image]).length / labels.length;

  for (const own of lists) own.whole = accuracyOf(entriesOf(slopesOf(own), own.count), none, own.store);
  return {
    cargo, classes, counts, lists, total,
    at(place, at, least, refit) {
      const own = lists[place], head = headOf(own, at, least, refit);
      const predicted = decisionsOf(head, none, own.store);
      return { own, head, accuracy: shareRight(predicted), ...sizesOf(head, predicted, own, total, labels) };
    },
    curve(place, least, refit) { // the accuracy at every length, computed once
      const key = `${place} ${least} ${refit}`;
      if (!curves.has(key)) {
        curves.set(key, counts.map((_, at) => accuracyOf(headOf(lists[place], at, least, refit), none,
          lists[place].store)));
      }
      return curves.get(key);
    },
  };
}

// The codes of weights above 0 of each class, the largest first, of equal ones the first.
function rankedOf(weights, rows, count) {
  return Array.from({ length: rows }, (_, row) => Array.from({ length: count }, (_, code) => code)
    .filter((code) => weights[row * count + code] > 0)
    .sort((a, b) => weights[row * count + b] - weights[row * count + a] || a - b));
}

const slopesOf = ({ weights, scale, count }) => Float64Array.from(weights, (w, i) => w / scale[i % count]);

function sizesOf(head, predicted, own, total, labels) {
  const uses = usesOf(head), perCode = new Uint16Array(own.count), right = total.map(() => 0);
  for (const row of head) for (const [code] of row) perCode[code]++;
  let local = 0, carried = 0;
  predicted.forEach((row, image) => {
    local += head[row].length;
    carried += carryingOf(head[row].map(([code, slope]) => slope * own.store.values[image * own.count + code]));
    right[row] += row === labels[image];
  });
  const names = head.map((row) => row.map(([code]) => code).join(";")), times = new Map();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return {
    uses, perCode, predicted, names, local: local / labels.length, carrying: carried / labels.length,
    right: right.map((count, row) => (total[row] ? count / total[row] : NaN)),
    shared: uses.used ? uses.nonzeros / uses.used : NaN,
    alike: names.filter((name) => times.get(name) > 1).length, bare: names.filter((name) => !name).length,
  };
}

// How many of the largest parts together make 95 % of their sum; 0 where the sum is not above 0.
function carryingOf(parts) {
  const logit = parts.reduce((a, b) => a + b, 0);
  if (!(logit > 0)) return 0;
  let sum = 0, count = 0;
  for (const part of parts.sort((a, b) => b - a)) {
    sum += part;
    count++;
    if (sum >= TO_CARRY * logit * (1 - ROUNDING)) break;
  }
  return count;
}
