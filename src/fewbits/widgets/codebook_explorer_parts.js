// Around the pictures of CodebookExplorer: the best logits, the numbers, what is said of them.

const BEST = 5;

// A row a class: name, bar, logit. The best classes, the true one and the one explained.
function makeBest(books) {
  const list = h("ol", { class: "ce-bars" }), made = new Map();
  const rowOf = (row) => {
    if (!made.has(row)) {
      const shown = output(`logit-${row}`), title = h("span"), bar = s("rect", { y: 3, height: 9 });
      const picture = s("svg", { "aria-hidden": "true", height: 15, width: "100%" });
      picture.append(bar);
      made.set(row, { element: h("li", {}, title, picture, shown.element), title, shown, bar });
    }
    return made.get(row);
  };
  return {
    element: h("div", {}, h("p", { class: "fb-title" }, "The largest logits"), list),
    show({ logits, own, label, decided }) {
      const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
      const standing = order.filter((row, k) => k < BEST || row === own || row === label);
      const reach = Math.max(...standing.map((row) => Math.abs(logits[row]))) || 1;
      for (const row of standing) {
        const { element, title, shown, bar } = rowOf(row), name = spoken(books.classes[row]);
        const told = [row === decided && "decided", row === label && "true"].filter(Boolean).join(", ");
        title.textContent = `${name}${told && ` (${told})`}`;
        shown.show(logits[row], hundredths(logits[row]));
        element.classList.toggle("ce-decided", row === decided);
        bar.setAttribute("class", row === own ? "protoquant-fill" : "float-fill");
        bar.setAttribute("width", `${px((100 * Math.max(0, logits[row])) / reach)}%`);
      }
      list.replaceChildren(...standing.map((row) => made.get(row).element));
    },
  };
}

const FACTS = [["label", "true class"], ["decided", "decided"], ["used", "codes this picture uses"]];
const SUMS = [["listed", "the codes listed"], ["logit", "the logit"], ["share", "share of the logit"]];

function makeFacts(books) {
  const rows = {}, facts = [...FACTS, ["right", `named rightly, of ${whole(books.count)}`]];
  return {
    found: numbersUnder("This picture, and all", facts, rows), sums: numbersUnder("Together", SUMS, rows),
    show(now) {
      for (const name of ["label", "decided"]) rows[name].show(now[name], spoken(books.classes[now[name]]));
      rows.used.show(now.counts.size, `${whole(now.counts.size)} of ${whole(now.book.count)}`);
      rows.right.show(now.right, whole(now.right));
      for (const name of ["listed", "logit"]) rows[name].show(now[name], digits(now[name], 3));
      const share = now.logit > 0 ? now.listed / now.logit : NaN;
      rows.share.show(share, percent(share));
    },
  };
}

// Where the chosen code's map is largest, in numbers.
function makeWhere(books) {
  const rows = {}, names = ["chosen", "loudest", "row", "column", "cells"];
  for (const name of names) rows[name] = output(name);
  const keys = [["protoquant-text", ""], ["wrong-text", "below 0 "]]
    .map(([kind, text]) => h("span", { class: `ce-key ${kind}` }, text));
  const unit = h("span"), cells = h("span");
  return {
    wearers: keys,
    caption: ["Map of code ", rows.chosen.element, ", its maximum framed"],
    element: h("p", { class: "fb-foot" }, ...keys, unit, rows.loudest.element, ", in row ", rows.row.element,
      ", column ", rows.column.element, ". Nearest code of ", rows.cells.element, cells),
    show({ chosen, loudest, cell, counts, nearest, plain, map }) {
      rows.chosen.show(chosen, String(chosen));
      rows.loudest.show(loudest, digits(loudest, 3));
      rows.row.show(Math.floor(cell / books.wide) + 1, String(Math.floor(cell / books.wide) + 1));
      rows.column.show((cell % books.wide) + 1, String((cell % books.wide) + 1));
      rows.cells.show(counts.get(chosen) ?? 0, whole(counts.get(chosen) ?? 0));
      unit.textContent = plain ? "cosine, at most " : "share of each place, at most ";
      keys[1].hidden = map.every((value) => value >= 0);
      cells.textContent = ` of ${nearest.length} cells.`;
    },
  };
}

const atDegree = (temperature) => (temperature === null ? "plain cosines" : digits(temperature, 3));

// What the head was fitted at, and that it stays so.
function sayFitted({ book, degree, plain }) {
  const fitted = `head fitted at ${book.fitted === null ? "plain cosines" : digits(book.fitted, 3)}`;
  const now = plain ? null : degree;
  return now === book.fitted ? fitted : `${fitted}, scores at ${atDegree(now)}: the head has not moved`;
}

// One sentence on the words, and one on what they lead to.
function inCodes({ label, decided, own, counts, book, reasons, listed, logit, plain }, { classes }) {
  const name = (row) => spoken(classes[row]), many = reasons.length;
  const told = `Told in ${whole(counts.size)} of ${whole(book.count)} codes.`;
  const rightly = decided === label ? "rightly" : `wrongly: it is ${name(label)}`;
  const carried = logit > 0 ? `${percent(listed / logit)} of` : "more or less than";
  const whose = own === decided ? "its logit" : `the logit of ${name(own)}`;
  const speak = `${many === 1 ? "one code makes" : `${whole(many)} codes make`} ${carried} ${whose}`;
  const beyond = plain && listed > logit ? "; the rest speaks against it" : "";
  const text = `${told} The head says ${name(decided)}, ${rightly}; ${speak}${beyond}.`;
  return { tone: decided === label ? "plain" : "wrong", text };
}
