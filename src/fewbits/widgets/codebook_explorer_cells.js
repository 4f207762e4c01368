// Two pictures of CodebookExplorer: which code each cell is nearest to, and one code's map with its maximum.

const CELLS_SIZE = 512; // drawn twice as fine as it is shown, so that lines and numbers are sharp
const LETTERS = 22; // height of a number there
const TINT = 0.35, COVER = 0.7; // how strongly colour covers the picture: it has to be seen beneath

// Cells side by side with the same code, as lists of cells.
function regions(codes, wide) {
  const found = [], known = new Set();
  codes.forEach((code, start) => {
    if (known.has(start)) return;
    const region = [start];
    known.add(start);
    for (const cell of region) { // grows while it is read
      for (const next of neighbours(cell, wide, codes.length)) {
        if (codes[next] === code && !known.has(next)) { known.add(next); region.push(next); }
      }
    }
    found.push({ code, cells: region });
  });
  return found;
}

function neighbours(cell, wide, count) {
  const column = cell % wide, found = [];
  if (column) found.push(cell - 1);
  if (column < wide - 1) found.push(cell + 1);
  if (cell >= wide) found.push(cell - wide);
  if (cell + wide < count) found.push(cell + wide);
  return found;
}

// The cell of a region that lies nearest to its middle: there its number stands.
function middleOf(cells, wide) {
  const mean = (of) => cells.reduce((sum, cell) => sum + of(cell), 0) / cells.length;
  const x = mean((cell) => cell % wide), y = mean((cell) => Math.floor(cell / wide));
  const away = (cell) => ((cell % wide) - x) ** 2 + (Math.floor(cell / wide) - y) ** 2;
  return cells.reduce((best, cell) => (away(cell) < away(best) ? cell : best));
}

// The box of a cell, in pixels of the canvas.
function boxOf(cell, { high, wide }) {
  const across = CELLS_SIZE / wide, down = CELLS_SIZE / high;
  return { x: (cell % wide) * across, y: Math.floor(cell / wide) * down, width: across, height: down };
}

// The lines between cells of different codes; with `only`, those around one code.
function borders(codes, grid, only) {
  const path = new Path2D(), { wide } = grid;
  const kind = (cell) => (only === undefined ? codes[cell] : codes[cell] === only);
  const differs = (a, b) => kind(a) !== kind(b);
  codes.forEach((_, cell) => {
    const { x, y, width, height } = boxOf(cell, grid);
    if (cell % wide && differs(cell, cell - 1)) { path.moveTo(x, y); path.lineTo(x, y + height); }
    if (cell >= wide && differs(cell, cell - wide)) { path.moveTo(x, y); path.lineTo(x + width, y); }
  });
  return path;
}

const css = (colour, alpha = 1) => `rgb(${colour.join(" ")} / ${alpha})`;

function outlined(context, path, colours, line) {
  for (const [colour, width] of [[colours.paper, line + 4], [colours.ink, line]]) {
    Object.assign(context, { strokeStyle: css(colour), lineWidth: width, lineJoin: "round" });
    context.stroke(path);
  }
}

// The picture, lines between codes, each region's number; the chosen code's cells tinted.
function paintCells(canvas, books, { image, nearest, chosen }, colours, font) {
  const context = canvas.getContext("2d");
  books.pictures.draw(context, image, CELLS_SIZE);
  context.fillStyle = css(colours.hue, TINT);
  nearest.forEach((code, cell) => {
    const { x, y, width, height } = boxOf(cell, books);
    if (code === chosen) context.fillRect(x, y, width, height);
  });
  outlined(context, borders(nearest, books), colours, 2);
  outlined(context, borders(nearest, books, chosen), { ...colours, ink: colours.hue }, 5);
  Object.assign(context, { textAlign: "center", textBaseline: "middle", lineJoin: "round", lineWidth: 6 });
  for (const { code, cells } of regions(nearest, books.wide)) {
    const { x, y, width, height } = boxOf(middleOf(cells, books.wide), books);
    const at = [String(code), x + width / 2, y + height / 2 + 1];
    context.font = `600 ${LETTERS}px ${font}`;
    context.strokeStyle = css(colours.paper, 0.85);
    context.strokeText(...at);
    context.fillStyle = css(code === chosen ? colours.hue : colours.ink);
    context.fillText(...at);
  }
}

// The chosen code's map over the picture, and a frame where it is largest.
function paintMap(canvas, books, { image, map, cell }, colours) {
  const reach = Math.max(...map.map(Math.abs)) || 1;
  paintOver(canvas, books.pictures, image, { values: map, wide: books.wide, reach, cover: COVER }, colours);
  const { x, y, width, height } = boxOf(cell, books), path = new Path2D();
  path.rect(x + 2, y + 2, width - 4, height - 4);
  outlined(canvas.getContext("2d"), path, colours, 5);
}

// A canvas whose cells can be pointed at.
function makeCells(caption, name, books, onCell) {
  const size = { width: CELLS_SIZE, height: CELLS_SIZE };
  const canvas = h("canvas", { role: "img", ...size, class: "ce-canvas", "data-canvas": name });
  canvas.addEventListener("click", (event) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const along = (at, length, count) => Math.min(count - 1, Math.max(0, Math.floor((at / length) * count)));
    const row = along(event.clientY - top, height, books.high);
    onCell(row * books.wide + along(event.clientX - left, width, books.wide));
  });
  return { canvas, element: h("figure", {}, h("figcaption", {}, ...caption), canvas) };
}
