// From strokes to the 28 x 28 bytes that the network sees: ink on a fine grid, then averaged into pixels.

const SIDE = 28, FINE = 10, GRID = SIDE * FINE; // the grid has 10 x 10 cells a pixel

// A stroke is a list of points [x, y] in pixels; a pen has the width of so many pixels. The ink is kept: while
// strokes only grow, only what is new is painted.
function makePainter() {
  const ink = new Float32Array(GRID * GRID);
  let width = 0, painted = 0;
  return (strokes, pen) => {
    const count = strokes.reduce((sum, points) => sum + points.length, 0);
    if (pen !== width || count < painted) {
      ink.fill(0);
      painted = 0;
    }
    let seen = 0;
    for (const points of strokes) {
      points.forEach((point, i) => {
        if (seen++ >= painted) stamp(ink, points[Math.max(0, i - 1)], point, (pen * FINE) / 2);
      });
    }
    width = pen;
    painted = count;
    return ink;
  };
}

// One straight piece with round ends; its edge is half a cell soft on either side.
function stamp(ink, from, to, radius) {
  const [x0, y0] = from.map((v) => v * FINE), dx = to[0] * FINE - x0, dy = to[1] * FINE - y0;
  const length = dx * dx + dy * dy, reach = radius + 1;
  const first = (a, d) => Math.max(0, Math.floor(a + Math.min(0, d) - reach));
  const last = (a, d) => Math.min(GRID - 1, Math.ceil(a + Math.max(0, d) + reach));
  for (let row = first(y0, dy); row <= last(y0, dy); row++) {
    for (let column = first(x0, dx); column <= last(x0, dx); column++) {
      const x = column + 0.5 - x0, y = row + 0.5 - y0;
      const along = length ? Math.min(1, Math.max(0, (x * dx + y * dy) / length)) : 0;
      const value = radius + 0.5 - Math.hypot(x - along * dx, y - along * dy), at = row * GRID + column;
      if (value > ink[at]) ink[at] = Math.min(1, value);
    }
  }
}

// Where MNIST puts its digits: the box around the ink is made 20 pixels long, the centre of its mass goes to
// the middle. Returns the left and upper end of the image and the size of its pixels, in cells.
function frameOf(ink) {
  let left = GRID, right = -1, top = GRID, bottom = -1, mass = 0, across = 0, down = 0;
  for (let row = 0, at = 0; row < GRID; row++) {
    for (let column = 0; column < GRID; column++, at++) {
      if (!ink[at]) continue;
      left = Math.min(left, column); right = Math.max(right, column);
      top = Math.min(top, row); bottom = row;
      mass += ink[at]; across += ink[at] * (column + 0.5); down += ink[at] * (row + 0.5);
    }
  }
  if (!mass) return { left: 0, top: 0, size: FINE };
  const size = Math.max(right - left + 1, bottom - top + 1) / 20;
  return { left: across / mass - 14 * size, top: down / mass - 14 * size, size };
}

// Each pixel is the mean of the ink beneath it, columns first, then rows.
function averaged(ink, { left, top, size }) {
  const columns = overlaps(left, size), rows = overlaps(top, size), image = new Float64Array(SIDE * SIDE);
  for (let row = 0; row < GRID; row++) {
    if (!rows[row].length) continue;
    for (let column = 0; column < GRID; column++) {
      const value = ink[row * GRID + column];
      if (value) for (const [r, part] of rows[row]) for (const [c, share] of columns[column]) {
        image[r * SIDE + c] += value * part * share;
      }
    }
  }
  return image;
}

// For each cell, the pixels it lies in, and how much of their width it takes.
function overlaps(start, size) {
  return Array.from({ length: GRID }, (_, cell) => {
    const from = (cell - start) / size, to = (cell + 1 - start) / size, parts = [];
    for (let pixel = Math.max(0, Math.floor(from)); pixel < Math.min(SIDE, to); pixel++) {
      const share = Math.min(to, pixel + 1) - Math.max(from, pixel);
      if (share > 0) parts.push([pixel, share]);
    }
    return parts;
  });
}

// What the network sees: strokes, centred if asked; on a ready-made image they stay where they were drawn.
function imageOf({ strokes, pen, base, centre, paint = makePainter() }) {
  const pixels = new Uint8Array(SIDE * SIDE);
  if (base) pixels.set(base);
  const ink = paint(strokes, pen);
  if (!strokes.length) return pixels;
  const frame = centre && !base ? frameOf(ink) : { left: 0, top: 0, size: FINE };
  averaged(ink, frame).forEach((value, i) => { pixels[i] = Math.max(pixels[i], Math.round(255 * value)); });
  return pixels;
}

const toText = (pixels) => btoa(String.fromCharCode(...pixels));
const fromText = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
