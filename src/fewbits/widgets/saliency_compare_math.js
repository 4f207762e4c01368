// The arithmetic of SaliencyCompare, in double precision; tests hold it to fewbits.metrics.

// Ranks from 1, lowest first; tied values share the mean of their places.
function ranks(values) {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[a] - values[b]);
  const placed = new Float64Array(values.length);
  for (let from = 0, to; from < order.length; from = to) {
    for (to = from + 1; to < order.length && values[order[to]] === values[order[from]]; to++);
    for (let i = from; i < to; i++) placed[order[i]] = (from + to + 1) / 2;
  }
  return placed;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const dot = (u, v) => u.reduce((sum, value, i) => sum + value * v[i], 0);

// Pearson's correlation of the ranks; 1 where both maps are the same everywhere, 0 where one is.
function spearman(a, b) {
  const [p, q] = [a, b].map((values) => {
    const placed = ranks(values), middle = (values.length + 1) / 2;
    return placed.map((rank) => rank - middle);
  });
  const pp = dot(p, p), qq = dot(q, q);
  if (!pp || !qq) return pp === qq ? 1 : 0;
  return Math.min(1, Math.max(-1, dot(p, q) / Math.sqrt(pp * qq)));
}

// How much each pixel belongs to the top k: 1 above the threshold, an equal part of the rest at it.
function membership(values, k) {
  const threshold = Float64Array.from(values).sort()[values.length - k];
  let above = 0, tied = 0;
  for (const value of values) { above += value > threshold; tied += value === threshold; }
  const part = (k - above) / tied;
  return Float64Array.from(values, (value) => (value > threshold ? 1 : value === threshold ? part : 0));
}

function overlap(a, b, k) {
  const left = membership(a, k), right = membership(b, k);
  return left.reduce((sum, part, i) => sum + Math.min(part, right[i]), 0) / k;
}

// k of a share, with ties to even, as Python rounds it.
const topCount = (count, share) => Math.max(1, halfEven(count * share));
function halfEven(value) {
  const low = Math.floor(value), rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2) ? low + 1 : low;
}

// Each map from 0 to 1 by its own least and largest value; one that is the same everywhere all 0.
function stretch(values) {
  let low = Infinity, high = -Infinity;
  for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
  return values.map((value) => (value - low) / (high - low || 1));
}

// Structural similarity (Wang et al. 2004) in the 7 x 7 window around each pixel, mirrored at the border.
const WINDOW = 7, HALF = 3;
function similarity(a, b, side) {
  const x = stretch(a), y = stretch(b), map = new Float64Array(a.length);
  const n = WINDOW * WINDOW, unbiased = n / (n - 1);
  const mirror = (place) => (place < 0 ? -place - 1 : place >= side ? 2 * side - 1 - place : place);
  for (let pixel = 0; pixel < map.length; pixel++) {
    const row = Math.floor(pixel / side), column = pixel % side;
    let sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (let r = row - HALF; r <= row + HALF; r++) {
      for (let c = column - HALF; c <= column + HALF; c++) {
        const i = mirror(r) * side + mirror(c);
        sx += x[i]; sy += y[i]; sxx += x[i] * x[i]; syy += y[i] * y[i]; sxy += x[i] * y[i];
      }
    }
    const mx = sx / n, my = sy / n, both = unbiased * (sxy / n - mx * my);
    const spread = unbiased * (sxx / n - mx * mx + syy / n - my * my);
    map[pixel] = ((2 * mx * my + 1e-4) * (2 * both + 9e-4)) / ((mx * mx + my * my + 1e-4) * (spread + 9e-4));
  }
  return map;
}

// All numbers of agreement between two maps: over the whole image and inside its foreground.
function agreement(a, b, image, share, side) {
  const inside = [...image.keys()].filter((i) => image[i] > 0);
  const cut = (values) => Float64Array.from(inside, (i) => values[i]);
  const fits = (i) => Math.min(i % side, side - 1 - (i % side)) >= HALF &&
    Math.min(Math.floor(i / side), side - 1 - Math.floor(i / side)) >= HALF;
  const local = similarity(a, b, side);
  return {
    spearman: spearman(a, b), "spearman-inside": spearman(cut(a), cut(b)),
    topk: overlap(a, b, topCount(a.length, share)),
    "topk-inside": overlap(cut(a), cut(b), topCount(inside.length, share)),
    ssim: mean(local.filter((_, i) => fits(i))), "ssim-inside": mean(cut(local)),
  };
}

// Pixels in the order in which deletion takes them: most important first, ties by the fixed order.
function deletionOrder(values, ties) {
  return Uint32Array.from(values, (_, i) => i).sort((i, j) => values[j] - values[i] || ties[i] - ties[j]);
}

// How many pixels are gone at each step of a deletion curve.
const removedAt = (steps, pixels) =>
  Array.from({ length: steps + 1 }, (_, step) => halfEven((step * pixels) / steps));

// The mean height of a curve over the share of pixels removed, by trapezoids.
function area(scores, counts) {
  let sum = 0;
  for (let i = 1; i < scores.length; i++) sum += ((scores[i - 1] + scores[i]) / 2) * (counts[i] - counts[i - 1]);
  return sum / counts[counts.length - 1];
}

// The likeliest class and its probability.
function predict(logits) {
  const top = Math.max(...logits), powers = logits.map((logit) => Math.exp(logit - top));
  return { index: logits.indexOf(top), confidence: 1 / powers.reduce((sum, power) => sum + power, 0) };
}
