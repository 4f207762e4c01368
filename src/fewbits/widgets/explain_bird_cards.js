// A card for each feature of a class: where it fires, what raises it most, what it adds, and what to do with it.

const MAP_SIZE = 96;
const WAYS = ["keep", "drop", "flip"];
const twoPlaces = (value) => {
  const size = Math.abs(value).toFixed(2);
  return Number(size) ? `${value < 0 ? "\u2212" : "+"}${size}` : size;
};

// What has been done to a feature, for one class.
function wayOf({ changes, own }, f, many) {
  if (changes.dropped.has(f)) return "drop";
  return changes.flipped.has(own * many + f) ? "flip" : "keep";
}

// The changes after doing that to a feature.
function changed({ changes, own }, f, way, many) {
  const dropped = new Set(changes.dropped), flipped = new Set(changes.flipped), at = own * many + f;
  dropped.delete(f);
  flipped.delete(at);
  if (way === "drop") dropped.add(f);
  if (way === "flip") flipped.add(at);
  return { dropped, flipped };
}

function makeCard(birds, f, onWay) {
  const number = birds.features[f], title = birds.titles[f], group = newId();
  const sign = h("span", { class: "eb-sign" });
  const size = { width: MAP_SIZE, height: MAP_SIZE };
  const canvas = h("canvas", { role: "img", ...size, class: "eb-map", "data-map": number });
  const tiles = birds.evidenceOf(f).map(({ tile, label, value }) =>
    birds.evidence.tile(tile, `${spoken(birds.classes[label])}, value ${twoPlaces(value)}`));
  const [value, weight, part] = ["value", "weight", "part"].map((name) => output(`${name}-${number}`));
  const inputs = WAYS.map((way) => {
    const input = h("input", { type: "radio", name: group, value: way, "data-input": `change-${number}` });
    input.addEventListener("change", () => onWay(f, way));
    return input;
  });
  const ways = inputs.map((input, k) =>
    h("label", {}, input, WAYS[k], h("span", { class: "fb-hidden" }, ` ${title}`)));
  const element = h("section", { class: "eb-card", "aria-label": title },
    h("p", { class: "eb-name" }, sign, " ", title),
    h("div", { class: "eb-seen" },
      h("div", {}, h("p", { class: "fb-foot" }, "here"), canvas),
      h("div", {}, h("p", { class: "fb-foot" }, "strongest in training"),
        h("div", { class: "eb-tiles" }, ...tiles))),
    h("p", { class: "eb-sum" }, "value ", value.element, " \u00d7 weight ", weight.element, " = ", part.element),
    h("div", { class: "eb-ways", role: "radiogroup", "aria-label": title }, ...ways));
  return {
    element, canvas,
    show(reason, now) {
      const way = wayOf(now, f, birds.many), speaks = reason.mine < 0 ? "against" : "for";
      sign.textContent = reason.mine < 0 ? "\u2212" : "+";
      sign.className = `eb-sign ${reason.mine < 0 ? "wrong-text" : "qsenn-text"}`;
      value.show(reason.value, twoPlaces(reason.value));
      weight.show(reason.mine, twoPlaces(reason.mine));
      part.show(reason.part, twoPlaces(reason.part));
      inputs.forEach((input) => { input.checked = input.value === way; });
      element.classList.toggle("eb-changed", way !== "keep");
      const klass = spoken(birds.classes[now.own]);
      canvas.setAttribute("aria-label", `Where ${title} fires in this picture; it speaks ${speaks} ${klass}`);
    },
  };
}

// The cards of the class explained, made once each and kept: the largest part first.
function makeCards(birds, onWay) {
  const element = h("div", { class: "eb-cards" }), made = new Map();
  let shown = "";
  const cardOf = (f) => {
    if (!made.has(f)) made.set(f, makeCard(birds, f, onWay));
    return made.get(f);
  };
  return {
    element,
    show(now) {
      const order = now.reasons.map(({ f }) => f);
      for (const reason of now.reasons) cardOf(reason.f).show(reason, now);
      if (order.join() === shown) return; // a key on a card must not lose the focus
      shown = order.join();
      element.replaceChildren(...order.map((f) => cardOf(f).element));
    },
    paint({ reasons, maps, reach, cover, image }, colours) {
      for (const { f } of reasons) {
        const over = { values: maps.get(f), wide: birds.wide, reach, cover };
        paintOver(cardOf(f).canvas, birds.pictures, image, over, colours);
      }
    },
  };
}
