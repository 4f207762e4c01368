// Around the cards of ExplainBird: all logits as bars, the scale of the maps, two classes side by side.

// A row a class: name, bar from 0 with a tick where it stood before any change, logit.
function makeLogits(birds) {
  const list = h("ol", { class: "eb-bars" });
  const rows = birds.classes.map((name, row) => {
    const shown = output(`logit-${row}`), title = h("span", {}, spoken(name));
    const bar = s("rect", { y: 3, height: 9 }), tick = s("line", { class: "ink-line", y1: 0, y2: 15 });
    const zero = s("line", { class: "faint-line", y1: 0, y2: 15 });
    const picture = s("svg", { "aria-hidden": "true", height: 15, width: "100%" });
    picture.append(zero, bar, tick);
    return { element: h("li", {}, title, picture, shown.element), title, shown, bar, tick, zero };
  });
  let standing = "";
  return {
    element: h("div", {},
      h("p", { class: "fb-title" }, "Logits; a tick stands where a bar ended before it was changed"), list),
    show({ logits, order, now, label, own }) {
      rows.forEach(({ element, title, shown }, row) => {
        shown.show(logits[row], logits[row].toFixed(2).replace("-", "\u2212"));
        const told = [row === now && "decided", row === label && "true"].filter(Boolean).join(", ");
        const text = `${spoken(birds.classes[row])}${told && ` (${told})`}`;
        if (title.textContent !== text) title.textContent = text;
        element.classList.toggle("eb-decided", row === now);
        rows[row].bar.setAttribute("class", row === own ? "qsenn-fill" : "float-fill");
      });
      if (order.join() === standing) return;
      standing = order.join();
      list.replaceChildren(...order.map((row) => rows[row].element));
    },
    draw({ logits, plain }) {
      const all = [...logits, ...plain, 0], low = Math.min(...all), high = Math.max(...all);
      const x = linear(low, high + 1e-9, 1, 99), at = (value) => `${px(x(value))}%`;
      rows.forEach(({ bar, tick, zero }, row) => {
        const [from, to] = [Math.min(0, logits[row]), Math.max(0, logits[row])];
        place(bar, { x: at(from), width: `${px(x(to) - x(from))}%` });
        const moved = Math.abs(logits[row] - plain[row]) > 1e-9;
        place(tick, { x1: at(plain[row]), x2: at(plain[row]), visibility: moved ? "visible" : "hidden" });
        place(zero, { x1: at(0), x2: at(0) });
      });
    },
  };
}

// Which colour of a map stands for what.
function makeScale() {
  const bar = h("canvas", { role: "img", class: "eb-scale", width: 255, height: 1 });
  const wearers = ["qsenn-text", "wrong-text"].map((kind) => h("i", { class: kind }));
  const low = h("span"), reach = output("reach");
  return {
    wearers,
    element: h("div", { class: "fb-field" },
      h("span", {}, low, h("span", {}, "map, in spreads"), reach.element), bar, ...wearers),
    show(now) {
      reach.show(now.reach, digits(now.reach, 3));
      low.textContent = now.signed ? `\u2212${digits(now.reach, 3)}` : "0";
      bar.setAttribute("aria-label", `Colours of the maps, from ${low.textContent} to ${digits(now.reach, 3)}`);
    },
    paint({ signed, cover }, { paper, hue, less }) {
      paint(bar, 255, 1, (i) => {
        const value = signed ? (i - 127) / 127 : i / 254;
        return mix(paper, value < 0 ? less : hue, cover * Math.abs(value));
      });
    },
  };
}

const SUMS = [
  ["parts", "the features together"], ["bias", "its bias"], ["logit", "its logit"],
];
const FOUND = [["label", "true class"], ["decided", "decided"], ["decided-now", "now"]];

// What the parts add up to, what is decided, and how many of the pictures are named rightly.
function makeTotals(birds) {
  const rows = {}, of = `named rightly, of ${whole(birds.count)}`;
  const counts = [["right", of], ["right-now", "now"]];
  return {
    sums: numbersUnder("Together", SUMS, rows), found: numbersUnder("Decisions", [...FOUND, ...counts], rows),
    show({ together, bias, logits, own, label, decided, now, changes }) {
      for (const [name, value] of Object.entries({ parts: together, bias, logit: logits[own] })) {
        rows[name].show(value, twoPlaces(value));
      }
      for (const [name, row] of Object.entries({ label, decided, "decided-now": now })) {
        rows[name].show(row, spoken(birds.classes[row]));
      }
      const right = { right: birds.rightly(UNCHANGED), "right-now": birds.rightly(changes) };
      for (const [name, count] of Object.entries(right)) rows[name].show(count, whole(count));
    },
  };
}

// Both classes' weights side by side, and how much of the difference of their logits each feature makes.
function makeContrast(birds) {
  const cells = ["at", "own", "other", "share"], kept = new Map(), body = h("tbody"), caption = h("caption");
  const heads = ["value", "weight for A", "weight for B", "A \u2212 B"]
    .map((text) => h("th", { scope: "col" }, text));
  const rowOf = (key, title) => {
    if (!kept.has(key)) {
      const outputs = cells.map((name) => output(`${name}-${key}`));
      const shown = key === "bias" ? [null, null, null, outputs[3]] : outputs;
      const columns = shown.map((cell) => h("td", {}, ...(cell ? [cell.element] : [])));
      kept.set(key, { outputs, element: h("tr", {}, h("th", { scope: "row" }, title), ...columns) });
    }
    return kept.get(key);
  };
  const difference = output("difference");
  const total = h("tr", { class: "eb-total" }, h("th", { scope: "row" }, "difference"),
    h("td"), h("td"), h("td"), h("td", {}, difference.element));
  return {
    element: h("table", { class: "fb-ledger eb-contrast" }, caption,
      h("thead", {}, h("tr", {}, h("td"), ...heads)), body),
    show(now) {
      const [own, other] = [now.own, now.other].map((row) => spoken(birds.classes[row]));
      caption.textContent = `Class A is ${own}, class B ${other}: the weights of both, and how much of the ` +
        "difference of their logits each feature makes";
      const rows = now.contrast.map(({ f, value, mine, theirs, share }) => {
        const { outputs, element } = rowOf(birds.features[f], birds.titles[f]);
        [value, mine, theirs, share].forEach((found, k) => outputs[k].show(found, twoPlaces(found)));
        return element;
      });
      const bias = rowOf("bias", "bias");
      bias.outputs[3].show(now.biases, twoPlaces(now.biases));
      difference.show(now.difference, twoPlaces(now.difference));
      body.replaceChildren(...rows, bias.element, total);
    },
  };
}

// Every change there is, also of features and classes that are out of sight.
function listed({ dropped, flipped }, { titles, classes, many }) {
  const drops = [...dropped].map((f) => `${titles[f]} dropped`);
  const classOf = (at) => spoken(classes[Math.floor(at / many)]);
  const flips = [...flipped].map((at) => `${titles[at % many]} flipped for ${classOf(at)}`);
  return [...drops, ...flips].join("; ");
}

// One sentence on what was decided, and what the changes did to it.
function inWords({ decided, now, label, logits, order, own, other, changes }, { classes }) {
  const name = (row) => spoken(classes[row]), count = changes.dropped.size + changes.flipped.size;
  const rightly = now === label ? "rightly" : `wrongly: it is ${name(label)}`;
  if (own === other) {
    return { tone: "wrong", text: `${name(own)} on both sides: choose another class to set against it.` };
  }
  const second = Math.max(...order.filter((row) => row !== now).map((row) => logits[row]));
  const ahead = `${(logits[now] - second).toFixed(2)} ahead of the next`;
  const tone = now === label ? "plain" : "wrong";
  if (!count) return { tone, text: `The network says ${name(now)}, ${rightly}, ${ahead}.` };
  const changesMade = `${whole(count)} change${count === 1 ? "" : "s"}`;
  const turned = now === decided ? `still says ${name(now)}` : `says ${name(now)} instead of ${name(decided)}`;
  return { tone, text: `With ${changesMade} it ${turned}, ${rightly}, ${ahead}.` };
}
