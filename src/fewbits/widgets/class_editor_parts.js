// Around the codes of ClassEditor: every class before and now, the picture, the log, what is said of it.

// A row a class: its share before any edit and now, and its logit in the picture looked at.
function makeClasses(editor) {
  const rows = editor.classes.map((name, k) => {
    const share = output(`class-${k}`), logit = output(`logit-${k}`), title = h("span");
    const before = s("rect", { y: 2, height: 4, class: "float-fill" }), now = s("rect", { y: 7, height: 6 });
    const picture = s("svg", { "aria-hidden": "true", height: 15, width: "100%" });
    picture.append(before, now);
    const element = h("li", {}, title, picture, share.element, logit.element);
    return { element, title, share, logit, before, now, name };
  });
  const head = h("li", { class: "ed-head", "aria-hidden": "true" }, h("span", {}, "class"),
    h("span", {}, "named rightly: thin before, thick now"), h("span", {}, "now"), h("span", {}, "logit"));
  return {
    element: h("ul", { class: "ed-classes", "aria-label": "Classes: share named rightly, logit of the picture" },
      head, ...rows.map(({ element }) => element)),
    show({ before, after, logits, edited, label, decided }) {
      rows.forEach(({ element, title, share, logit, name, ...bars }, k) => {
        const told = [k === decided && "decided", k === label && "true"].filter(Boolean).join(", ");
        title.textContent = `${spoken(name)}${told && ` (${told})`}`;
        element.classList.toggle("ed-own", k === edited);
        share.show(after.shares[k] ?? NaN, percent(after.shares[k] ?? NaN));
        logit.show(logits[k], digits(logits[k], 3));
        const worse = after.shares[k] < before.shares[k];
        bars.before.setAttribute("width", `${px(100 * (before.shares[k] ?? 0))}%`);
        bars.now.setAttribute("width", `${px(100 * (after.shares[k] ?? 0))}%`);
        bars.now.setAttribute("class", worse ? "wrong-solid" : "protoquant-fill");
      });
    },
  };
}

const SUMMED = [["before", "before"], ["after", "now"]];
const CALLED = [["called-before", "before"], ["called", "now"]];
const SEEN = [["label", "true class"], ["decided", "decided"]];

function makeSums(editor) {
  const rows = {}, side = editor.pictures.side;
  const canvas = h("canvas", { role: "img", width: side, height: side, class: "ed-picture" });
  const edits = output("edits"), chosen = output("chosen");
  return {
    seen: h("div", {}, canvas, numbersUnder("This picture", SEEN, rows)),
    sums: h("div", {}, numbersUnder("Named rightly in this set", SUMMED, rows),
      numbersUnder("Of other classes, called by the name of the one edited", CALLED, rows)),
    heading: h("p", { class: "ed-heading" }, "Edit code ", chosen.element),
    count: h("p", { class: "fb-foot" }, "The log, as read_log reads it, of edits: ", edits.element),
    show(now) {
      const name = (row) => spoken(editor.classes[row]);
      canvas.getContext("2d").clearRect(0, 0, side, side);
      editor.pictures.draw(canvas.getContext("2d"), now.image, side);
      canvas.setAttribute("aria-label", `The picture: ${name(now.label)}, called ${name(now.decided)}`);
      for (const key of ["label", "decided"]) rows[key].show(now[key], name(now[key]));
      rows.before.show(now.before.all, percent(now.before.all));
      rows.after.show(now.after.all, percent(now.after.all));
      rows["called-before"].show(now.before.called, `${whole(now.before.called)} of ${whole(now.before.others)}`);
      rows.called.show(now.after.called, `${whole(now.after.called)} of ${whole(now.after.others)}`);
      edits.show(now.edits.length, whole(now.edits.length));
      chosen.show(now.chosen, String(now.chosen));
    },
  };
}

const DONE = {
  zero: (edit, name) => `Code ${edit.code} weighs nothing in ${name}`,
  forbid: (edit, name) => `Code ${edit.code} is forbidden to ${name}`,
  silence: (edit) => `Code ${edit.code} is silent in all classes and keeps its share`,
  remove: (edit) => `Code ${edit.code} is gone and the others share what it had`,
  merge: (edit) => `Code ${edit.code} counts with code ${edit.into}`,
};

// What the last edit was, and what all of them cost or gained.
function told({ edits, before, after, edited, decided, label }, { classes }) {
  const name = spoken(classes[edited]), last = edits.at(-1);
  if (!last) {
    const own = decided === label ? "rightly" : `wrongly: it is ${spoken(classes[label])}`;
    const text = `Nothing edited yet. The picture is called ${spoken(classes[decided])}, ${own}.`;
    return { tone: "plain", text };
  }
  const worse = classes.filter((_, k) => k !== edited && after.shares[k] < before.shares[k]).length;
  const done = DONE[last.kind](last, spoken(classes[last.label ?? edited]));
  const moved = after.shares[edited] === null ? "" :
    ` Of ${name}, ${percent(after.shares[edited])} are named rightly, ${percent(before.shares[edited])} before.`;
  const lost = `${whole(worse)} other class${worse === 1 ? " has" : "es have"}`;
  const cost = ` ${worse ? lost : "No other class has"} lost.`;
  return { tone: after.all < before.all ? "wrong" : "plain", text: `${done}.${moved}${cost}` };
}
