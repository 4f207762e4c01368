// Small pictures cut out of one WebP sheet, as fewbits.widgets.picture_sheet made it.

async function openSheet(bytes, { side, columns, count }) {
  const whole = await createImageBitmap(new Blob([bytes], { type: "image/webp" }));
  const rows = Math.ceil(count / columns);
  if (whole.width !== side * columns || whole.height !== side * rows) throw new Error("its pictures arrived cut");
  const draw = (context, index, size) => context.drawImage(
    whole, (index % columns) * side, Math.floor(index / columns) * side, side, side, 0, 0, size, size);
  return {
    side, count, draw,
    tile(index, description) { // a picture of its own, in its own size
      const canvas = h("canvas", { role: "img", width: side, height: side, "aria-label": description });
      draw(canvas.getContext("2d"), index, side);
      return canvas;
    },
  };
}

// A map over its picture: the more it covers, the greyer and fainter the picture, so that colour is the map's.
const FAINT = 0.55;
function paintOver(canvas, sheet, index, { values, wide, reach, cover }, { paper, hue, less }) {
  const context = canvas.getContext("2d"), size = canvas.width, high = values.length / wide;
  const within = (alpha, [red, green, blue]) => `rgba(${red} ${green} ${blue} / ${alpha})`;
  const edge = (k, of) => Math.round((k * size) / of);
  sheet.draw(context, index, size);
  context.globalCompositeOperation = "saturation";
  context.fillStyle = within(cover, [128, 128, 128]);
  context.fillRect(0, 0, size, size);
  context.globalCompositeOperation = "source-over";
  context.fillStyle = within(FAINT * cover, paper);
  context.fillRect(0, 0, size, size);
  values.forEach((value, i) => {
    const left = edge(i % wide, wide), top = edge(Math.floor(i / wide), high);
    context.fillStyle = within(cover * Math.min(1, Math.abs(value) / reach), value < 0 ? less : hue);
    context.fillRect(left, top, edge((i % wide) + 1, wide) - left, edge(Math.floor(i / wide) + 1, high) - top);
  });
}
