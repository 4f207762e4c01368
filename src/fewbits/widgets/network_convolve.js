// Convolution, forward and back, as a product of matrices.

// For the way back: input and output channels change places, each kernel is turned by half a turn.
function turn(weights, outs, ins, area) {
  const turned = new Float64Array(weights.length);
  for (let o = 0; o < outs; o++) {
    for (let i = 0; i < ins; i++) {
      for (let t = 0; t < area; t++) turned[(i * outs + o + 1) * area - 1 - t] = weights[(o * ins + i) * area + t];
    }
  }
  return turned;
}

// Channels with a border of zeros, so that no loop has to ask where the image ends.
function makeFrame(channels, rows, columns, border) {
  const width = columns + 2 * border, plane = width * (rows + 2 * border);
  const values = new Float64Array(channels * plane);
  return {
    values, channels, width, plane,
    fill(x) {
      for (let c = 0, i = 0; c < channels; c++) {
        for (let r = 0; r < rows; r++) {
          const start = c * plane + (r + border) * width + border;
          for (let k = 0; k < columns; k++, i++) values[start + k] = x[i];
        }
      }
      return this;
    },
  };
}

// A convolution is a product of matrices: one row of weights for each output channel, one row of `patches`
// (what lies beneath the kernel) for each position.
let patches = new Float64Array(0);
function convolve(frame, weights, kernel, out, { channels, rows, columns }) {
  const length = frame.channels * kernel * kernel, positions = rows * columns;
  if (patches.length < length * positions) patches = new Float64Array(length * positions);
  collect(frame, kernel, rows, columns);
  multiply(weights, channels, length, positions, out);
  return out;
}

function collect({ values, channels, width, plane }, kernel, rows, columns) {
  for (let r = 0, to = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      for (let i = 0, corner = r * width + c; i < channels; i++, corner += plane) {
        for (let v = 0, row = corner; v < kernel; v++, row += width) {
          for (let at = row, end = row + kernel; at < end; at++, to++) patches[to] = values[at];
        }
      }
    }
  }
}

// Four rows of weights with two patches at a time: eight sums for six numbers read. Where the last block
// would reach beyond the end, its rows are the last ones again.
function multiply(w, channels, length, positions, out) {
  for (let o = 0; o < channels; o += 4) {
    const [o1, o2, o3] = [1, 2, 3].map((next) => Math.min(o + next, channels - 1));
    for (let p = 0; p < positions; p += 2) {
      const q = Math.min(p + 1, positions - 1);
      let i = o * length, j = o1 * length, k = o2 * length, l = o3 * length, s = p * length, t = q * length;
      let a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0;
      for (const end = i + length; i < end; i++, j++, k++, l++, s++, t++) {
        const x = patches[s], y = patches[t], w0 = w[i], w1 = w[j], w2 = w[k], w3 = w[l];
        a += w0 * x; b += w0 * y; c += w1 * x; d += w1 * y;
        e += w2 * x; f += w2 * y; g += w3 * x; h += w3 * y;
      }
      i = o * positions; j = o1 * positions; k = o2 * positions; l = o3 * positions;
      out[i + p] = a; out[i + q] = b; out[j + p] = c; out[j + q] = d;
      out[k + p] = e; out[k + q] = f; out[l + p] = g; out[l + q] = h;
    }
  }
}
