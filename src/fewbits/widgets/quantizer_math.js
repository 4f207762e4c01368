// The arithmetic of QuantizerPlayground, in double precision; tests hold it to the Python reference.

// Whole numbers by adding and taking away 1.5 * 2^52: ties go to the even neighbour, as in torch.round.
const MAGIC = 6755399441055744;
const round = (value) => value + MAGIC - MAGIC;

// An evenly spaced grid: value = step * (code - zero), codes 0 to `high`, clipped to [bottom, alpha].
function makeGrid(scheme, bits, alpha) {
  if (scheme === "pact") return { high: 2 ** bits - 1, zero: 0, step: alpha / (2 ** bits - 1), bottom: 0, alpha };
  const high = scheme === "sawb" ? 2 ** bits - 1 : 2 ** bits - 2; // an odd count of levels has a 0 in the middle
  return { high, zero: high / 2, step: (2 * alpha) / (high || 1), bottom: -alpha, alpha };
}

const levelsOf = (grid) => grid.high + 1;

function quantizeOne(x, grid) {
  const code = Math.min(grid.high, Math.max(0, round(x / grid.step + grid.zero)));
  return (code - grid.zero) * grid.step;
}

// Mean squared error in its two parts: of the values outside the range, and of those inside.
function errors(values, grid) {
  const { high, zero, step, bottom, alpha } = grid;
  let clipping = 0, rounding = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i];
    let code = x / step + zero + MAGIC - MAGIC;
    if (code < 0) code = 0;
    else if (code > high) code = high;
    const error = (code - zero) * step - x;
    if (x < bottom || x > alpha) clipping += error * error;
    else rounding += error * error;
  }
  const count = values.length;
  return { clipping: clipping / count, rounding: rounding / count, total: (clipping + rounding) / count };
}

// How the mean squared error pulls on alpha. PACT: only values at or beyond alpha pull, by their clipped
// distance. LSQ: every value pulls on the step, round(x/step) - x/step inside, the end code outside;
// alpha = step * (high - zero), so the pull on alpha is that much smaller.
function gradients(values, grid) {
  const { high, zero, step, bottom, alpha } = grid;
  let pact = 0, lsq = 0;
  for (let i = 0; i < values.length; i++) {
    const x = values[i], scaled = x / step + zero;
    const above = x >= alpha, below = x <= bottom;
    const code = above ? high : below ? 0 : Math.min(high, Math.max(0, round(scaled)));
    const output = above ? alpha : below ? bottom : (code - zero) * step;
    const upstream = (2 * (output - x)) / values.length;
    if (above) pact += upstream;
    else if (below && bottom < 0) pact -= upstream;
    lsq += upstream * (above || below ? code - zero : code - scaled);
  }
  return levelsOf(grid) > 1 ? { pact, lsq: lsq / (high - zero) } : { pact: NaN, lsq: NaN };
}

// Everything that the table shows for one setting. Where alpha is not above 0 there is no grid to measure.
function measure(values, scheme, bits, alpha) {
  const shares = { beyond: share(values, (x) => (scheme === "pact" ? x : Math.abs(x)) > alpha), inside: 0 };
  if (!(alpha > 0)) {
    return { ...shares, clipping: NaN, rounding: NaN, total: NaN, pact: NaN, lsq: NaN, used: alpha < 0 ? 1 : 0 };
  }
  const grid = makeGrid(scheme, bits, alpha), seen = new Set();
  for (let i = 0; i < values.length; i++) {
    seen.add(quantizeOne(values[i], grid));
    if (values[i] > grid.bottom && values[i] < alpha) shares.inside += 1 / values.length;
  }
  return { ...shares, ...errors(values, grid), ...gradients(values, grid), used: seen.size };
}

function share(values, holds) {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (holds(values[i])) count++;
  return count / values.length;
}

// Errors and gradients at every alpha of the slider, and where the total error is smallest: the best
// position, then the best of FINE places between its neighbours.
const FINE = 20;
function sweep(values, scheme, bits, alphas) {
  const curves = { clipping: [], rounding: [], total: [], pact: [], lsq: [] };
  for (const alpha of alphas) {
    const grid = makeGrid(scheme, bits, alpha);
    const all = { ...errors(values, grid), ...gradients(values, grid) };
    for (const name in curves) curves[name].push(all[name]);
  }
  curves.smallest = Math.min(...curves.total);
  if (levelsOf(makeGrid(scheme, bits, 1)) === 1) return { ...curves, best: NaN }; // the same at every alpha
  const coarse = alphas[curves.total.indexOf(curves.smallest)];
  curves.best = coarse;
  for (let i = 1 - FINE; i < FINE; i++) {
    const alpha = coarse * (alphas[1] / alphas[0]) ** (i / FINE);
    const { total } = errors(values, makeGrid(scheme, bits, alpha));
    if (total < curves.smallest) Object.assign(curves, { smallest: total, best: alpha });
  }
  return curves;
}

// The slider's alphas: a logarithmic run up to `top` on either side of 0, so that 0 and less can be reached.
const POSITIONS = 120, BELOW = 12, DECADES = 2.5;
function alphaAt(position, top) {
  const exponent = (DECADES * (Math.abs(position) - POSITIONS)) / (POSITIONS - 1);
  return position === 0 ? 0 : Math.sign(position) * top * 10 ** exponent;
}

function positionOf(alpha, top) {
  if (alpha === 0) return 0;
  const steps = POSITIONS + ((POSITIONS - 1) * Math.log10(Math.abs(alpha) / top)) / DECADES;
  return Math.max(-BELOW, Math.min(POSITIONS, Math.sign(alpha) * Math.max(1, Math.round(steps))));
}

function histogram(values, low, high, count) {
  const bins = new Array(count).fill(0);
  for (let i = 0; i < values.length; i++) {
    const bin = Math.floor(((values[i] - low) / (high - low)) * count);
    if (bin >= 0 && bin <= count) bins[Math.min(bin, count - 1)]++;
  }
  return bins;
}
