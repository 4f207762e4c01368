// A network in the page, one image at a time: logits, and the gradient of one of them back to the image.
// Codes and weights are whole numbers, so sums are exact in double precision; page_network.py writes the layers.

async function makeNetwork(entries) {
  const unpacked = await Promise.all(entries.map((entry) => (entry.data ? unpack(entry) : null)));
  const start = { channels: 1, rows: 28, columns: 28 }, image = new Float64Array(784), layers = [];
  let shape = start;
  entries.forEach((entry, k) => {
    if (!LAYERS[entry.kind]) throw new Error(`a layer arrived as ${entry.kind}`);
    layers.push(LAYERS[entry.kind](entry, shape, unpacked[k]));
    shape = layers[k].shape ?? shape;
  });
  const onto = new Float64Array(shape.channels);
  return {
    logits(pixels) { // bytes, as whole numbers
      image.set(pixels);
      return layers.reduce((x, layer) => layer.forward(x), image);
    },
    gradient(target) { // at the image that `logits` saw last; per unit of brightness, 255 steps of a byte
      onto.fill(0);
      onto[target] = 255;
      return layers.reduceRight((gradient, layer) => layer.backward(gradient), onto);
    },
  };
}

const sizeOf = ({ channels, rows, columns }) => channels * rows * columns;

// Each takes a layer's entry, the shape that comes in and its numbers. Buffers are made once.
const LAYERS = {
  conv({ shape: [outs, ins, kernel], padding }, { rows, columns }, weights) {
    const grow = 2 * padding - kernel + 1;
    const shape = { channels: outs, rows: rows + grow, columns: columns + grow };
    const out = new Float64Array(sizeOf(shape)), back = new Float64Array(ins * rows * columns);
    const turned = turn(weights, outs, ins, kernel * kernel);
    const frame = makeFrame(ins, rows, columns, padding);
    const backFrame = makeFrame(outs, shape.rows, shape.columns, kernel - 1 - padding);
    return {
      shape,
      forward: (x) => convolve(frame.fill(x), weights, kernel, out, shape),
      backward: (g) => convolve(backFrame.fill(g), turned, kernel, back, { channels: ins, rows, columns }),
    };
  },
  linear({ shape: [outs, ins] }, _, weights) {
    const out = new Float64Array(outs), back = new Float64Array(ins);
    return {
      shape: { channels: outs, rows: 1, columns: 1 },
      forward(x) {
        for (let o = 0, at = 0; o < outs; o++) {
          let sum = 0;
          for (let i = 0; i < ins; i++, at++) sum += weights[at] * x[i];
          out[o] = sum;
        }
        return out;
      },
      backward(g) {
        back.fill(0);
        for (let o = 0; o < outs; o++) {
          const at = o * ins, slope = g[o];
          if (slope) for (let i = 0; i < ins; i++) back[i] += slope * weights[at + i];
        }
        return back;
      },
    };
  },
  affine(_, shape, both) {
    const half = both.length / 2, area = sizeOf(shape) / half;
    const out = new Float64Array(sizeOf(shape)), back = new Float64Array(out.length);
    return {
      forward(x) {
        for (let k = 0, i = 0; k < half; k++) {
          const scale = both[k], shift = both[half + k];
          for (const end = i + area; i < end; i++) out[i] = x[i] * scale + shift;
        }
        return out;
      },
      backward(g) {
        for (let k = 0, i = 0; k < half; k++) {
          for (const end = i + area, scale = both[k]; i < end; i++) back[i] = g[i] * scale;
        }
        return back;
      },
    };
  },
  // In units of its step PACT clips to 0..high and rounds, ties to even; straight through strictly inside.
  pact: ({ high }, shape) =>
    elementwise(shape, high, (x) => (x > 0 ? (x < high ? x + MAGIC - MAGIC : high) : 0)),
  relu: (_, shape) => elementwise(shape, Infinity, (x) => (x > 0 ? x : 0)),
  pool({ size }, { channels, rows, columns }) {
    const shape = { channels, rows: Math.floor(rows / size), columns: Math.floor(columns / size) };
    const out = new Float64Array(sizeOf(shape)), from = new Int32Array(out.length);
    const back = new Float64Array(channels * rows * columns);
    return {
      shape,
      forward(x) {
        for (let c = 0, i = 0; c < channels; c++) {
          for (let r = 0; r < shape.rows; r++) {
            for (let k = 0; k < shape.columns; k++, i++) {
              const corner = (c * rows + r * size) * columns + k * size;
              let best = corner; // the first of equal ones, as in PyTorch
              for (let v = 0, row = corner; v < size; v++, row += columns) {
                for (let at = row; at < row + size; at++) if (x[at] > x[best]) best = at;
              }
              from[i] = best;
              out[i] = x[best];
            }
          }
        }
        return out;
      },
      backward(g) {
        back.fill(0);
        for (let i = 0; i < g.length; i++) back[from[i]] = g[i];
        return back;
      },
    };
  },
  mean(_, { channels, rows, columns }) {
    const area = rows * columns, out = new Float64Array(channels), back = new Float64Array(channels * area);
    return {
      shape: { channels, rows: 1, columns: 1 },
      forward(x) {
        for (let c = 0, i = 0; c < channels; c++) {
          let sum = 0;
          for (const end = i + area; i < end; i++) sum += x[i];
          out[c] = sum / area;
        }
        return out;
      },
      backward(g) {
        for (let c = 0; c < channels; c++) back.fill(g[c] / area, c * area, (c + 1) * area);
        return back;
      },
    };
  },
};

// Whole numbers by adding and taking away 1.5 * 2^52: ties go to the even neighbour, as in torch.round.
const MAGIC = 6755399441055744;

function elementwise(shape, high, of) {
  const out = new Float64Array(sizeOf(shape)), back = new Float64Array(out.length);
  let seen;
  return {
    forward(x) {
      seen = x;
      for (let i = 0; i < out.length; i++) out[i] = of(x[i]);
      return out;
    },
    backward(g) {
      for (let i = 0; i < out.length; i++) back[i] = seen[i] > 0 && seen[i] < high ? g[i] : 0;
      return back;
    },
  };
}
