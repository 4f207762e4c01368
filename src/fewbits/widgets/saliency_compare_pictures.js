// What arrives, by model and method; the pictures of SaliencyCompare: maps, masks, what deletion leaves.

const SIDE = 28, PIXELS = SIDE * SIDE, SIDES = ["left", "right"];

// Everything by model, method and image, as numbers. A code c stands for sign(c) (c / levels)^2 of its scale.
function makeShelf(cargo, arrays) {
  const { models, methods, classes, levels } = cargo, images = arrays.labels.length;
  if (!images) throw new Error("no image arrived with its state");
  const points = arrays.curves.length / arrays.scales.length;
  const place = (model, method, image) => (model * methods.length + method) * images + image;
  const cut = (array, index, length) => Float64Array.from(array.subarray(index * length, (index + 1) * length));
  return {
    models, methods, classes, count: images, ties: arrays.ties, labels: arrays.labels,
    steps: points - 1, counts: removedAt(points - 1, PIXELS),
    image: (image) => cut(arrays.images, image, PIXELS).map((grey) => grey / 255),
    map(...at) {
      const index = place(...at), scale = arrays.scales[index];
      return cut(arrays.codes, index, PIXELS).map((code) => Math.sign(code) * (code / levels) ** 2 * scale);
    },
    curve: (...at) => cut(arrays.curves, place(...at), points).map((score) => score / 65535),
    logits: (model, image) => [...cut(arrays.logits, model * images + image, classes.length)],
  };
}

// -1 to 1: amber, the paper's colour at 0, blue; the far ends are deepened with ink.
const FULL = 0.6;
function shade(value, { paper, ink, left, right }) {
  const hue = value < 0 ? right : left, size = Math.min(1, Math.abs(value));
  if (size < FULL) return mix(paper, hue, size / FULL);
  return mix(hue, ink, (0.5 * (size - FULL)) / (1 - FULL));
}

// One picture of 28 x 28 pixels with a title above and room for a line beneath.
function picture(name) {
  const canvas = h("canvas", { role: "img", width: SIDE, height: SIDE, "data-picture": name });
  const title = h("figcaption"), beneath = h("p", { class: "fb-foot" });
  return {
    element: h("figure", { class: `sc-${name}` }, title, canvas, beneath), canvas, title, beneath,
    name(text, description = text) {
      if (title.textContent !== text) title.textContent = text;
      canvas.setAttribute("aria-label", description);
    },
  };
}

// The image, two maps on one scale, and their difference.
function paintMaps({ image, maps, scales }, { source, left, right, difference }, colours) {
  const { paper, ink } = colours;
  paint(source.canvas, SIDE, SIDE, (i) => mix(paper, ink, image[i]));
  paint(left.canvas, SIDE, SIDE, (i) => shade(maps[0][i] / scales[0], colours));
  paint(right.canvas, SIDE, SIDE, (i) => shade(maps[1][i] / scales[1], colours));
  paint(difference.canvas, SIDE, SIDE, (i) =>
    shade(maps[0][i] / scales[0] - maps[1][i] / scales[1], colours));
}

// The top k of both maps over a pale image. Pixels tied at the threshold are painted by their part.
function paintMasks({ image, members }, { masks }, { paper, ink, left, right }) {
  paint(masks.canvas, SIDE, SIDE, (i) => {
    const [one, other] = [members[0][i], members[1][i]], both = Math.min(one, other);
    const ground = mix(paper, ink, 0.22 * image[i]), most = Math.max(one, other);
    const hue = mix(one > other ? left : right, ink, most ? both / most : 0);
    return mix(ground, hue, 0.88 * most);
  });
}

// What deletion leaves: a pixel that is gone shows the model's colour, deeper where there was ink.
function paintCuts({ image, gone }, cuts, colours) {
  SIDES.forEach((side, k) => {
    paint(cuts[k].canvas, SIDE, SIDE, (i) => {
      if (!gone[k][i]) return mix(colours.paper, colours.ink, image[i]);
      return mix(colours.paper, colours[side], 0.22 + 0.5 * image[i]);
    });
  });
}

function paintScale(canvas, colours) {
  paint(canvas, 255, 1, (i) => shade((i - 127) / 127, colours));
}
