// What ClassEditor computes: edits, shares without the codes that are gone, scores, logits, the log.
// The same steps as fewbits.protoquant.editing.apply, one edit after the other.

const GONE = -1;

async function makeEditor(cargo, arrays) {
  const { classes, sets, shown, cells, levels: top, nothing } = cargo, { labels, levels, slopes } = arrays;
  const count = slopes.length / classes.length;
  if (!labels.length || !sets.length) throw new Error("no picture or no set arrived with its state");
  if (!Number.isInteger(count) || levels.length !== labels.length * cells * count) {
    throw new Error("codes, pictures and heads arrived with other numbers");
  }
  const worth = Float64Array.from({ length: 256 }, (_, level) => (Math.max(level, nothing) / top) ** 2);
  const fresh = {
    weights: Float64Array.from(slopes), forbidden: new Uint8Array(slopes.length),
    belongs: Array.from({ length: count }, (_, code) => code),
  };
  const chain = new Map([["[]", fresh]]), scored = new Map(), patches = arrays.near.length / count;
  const after = (edits) => { // kept: an edit more is one step more
    const key = JSON.stringify(edits);
    if (!chain.has(key)) chain.set(key, applied(after(edits.slice(0, -1)), edits.at(-1), classes.length, count));
    return chain.get(key);
  };
  const scores = (state, image) => {
    const found = new Float64Array(count), share = new Float64Array(count);
    for (let cell = 0; cell < cells; cell++) {
      const at = (image * cells + cell) * count;
      let sum = 0;
      share.fill(0);
      for (let code = 0; code < count; code++) {
        const into = state.belongs[code];
        if (into === GONE) continue;
        sum += worth[levels[at + code]];
        share[into] += worth[levels[at + code]];
      }
      for (let code = 0; code < count; code++) found[code] = Math.max(found[code], share[code] / sum);
    }
    return found;
  };
  const logits = (state, own) => classes.map((_, row) => {
    let sum = 0;
    for (let code = 0; code < count; code++) sum += own[code] * state.weights[row * count + code];
    return sum;
  });
  const every = (state, name) => { // scores of a set: only what moves shares counts them anew
    const key = `${name} ${state.belongs}`, rows = arrays[`set${sets.indexOf(name)}`];
    if (!scored.has(key)) scored.set(key, Array.from(rows, (image) => scores(state, image)));
    return scored.get(key).map((own, k) => ({ label: labels[rows[k]], decided: largest(logits(state, own)) }));
  };
  return {
    classes, sets, shown, labels, count, patches, fresh, after, scores, logits, every,
    near: arrays.near,
    pictures: await openSheet(arrays.pictures, cargo.sheets.pictures),
    tiles: await openSheet(arrays.patches, cargo.sheets.patches),
  };
}

// One edit: another state, the one given stays as it is.
function applied(before, { kind, code, label, into }, classes, count) {
  const weights = before.weights.slice(), forbidden = before.forbidden.slice(), belongs = [...before.belongs];
  const everyRow = (work) => { for (let row = 0; row < classes; row++) work(row * count); };
  if (kind === "zero" || kind === "forbid") weights[label * count + code] = 0;
  if (kind === "forbid") forbidden[label * count + code] = 1;
  if (kind === "merge") {
    everyRow((row) => {
      weights[row + into] = Math.max(weights[row + into], weights[row + code]);
      forbidden[row + into] |= forbidden[row + code]; // what it says now is both
    });
  }
  if (["silence", "remove", "merge"].includes(kind)) everyRow((row) => { weights[row + code] = 0; });
  if (kind === "remove" || kind === "merge") {
    belongs.forEach((part, k) => { if (part === code) belongs[k] = kind === "merge" ? into : GONE; });
  }
  weights.forEach((_, k) => { if (forbidden[k]) weights[k] = 0; });
  return { weights, forbidden, belongs };
}

// Of each class the share named rightly, null where it has no picture, and all that a set is summed up in.
function summary(editor, state, name, edited) {
  const found = editor.every(state, name), of = editor.classes.map(() => [0, 0]);
  for (const { label, decided } of found) {
    of[label][0] += decided === label;
    of[label][1] += 1;
  }
  return {
    shares: of.map(([right, many]) => (many ? right / many : null)),
    all: found.filter(({ label, decided }) => label === decided).length / found.length,
    called: found.filter(({ label, decided }) => label !== edited && decided === edited).length,
    others: found.filter(({ label }) => label !== edited).length,
  };
}

// Everything about the present choice.
function lookAt(editor, model) {
  const [test, image, code, into, edits] = ["test", "image", "code", "into", "edits"]
    .map((name) => model.get(name));
  const edited = editor.classes.indexOf(model.get("edited")), row = editor.shown[image];
  const state = editor.after(edits);
  const { count } = editor, own = editor.scores(state, row), logits = editor.logits(state, own);
  const weight = (c, from = state) => from.weights[edited * count + c];
  const codes = Array.from({ length: count }, (_, c) => c);
  const fitted = codes.filter((c) => weight(c, editor.fresh) > 0)
    .sort((a, b) => weight(b, editor.fresh) - weight(a, editor.fresh) || a - b);
  const listed = [...fitted, ...codes.filter((c) => weight(c, editor.fresh) <= 0 && weight(c) > 0)];
  const chosen = code < 0 ? listed.find((c) => weight(c) > 0) ?? listed[0] : code;
  const there = codes.filter((c) => state.belongs.includes(c));
  const others = [...listed, ...codes].filter((c) => there.includes(c) && c !== chosen);
  const steps = edits.map((_, k) => summary(editor, editor.after(edits.slice(0, k)), test, edited));
  const after = summary(editor, state, test, edited);
  return {
    test, image, edited, edits, state, logits, listed, chosen, there, row, after,
    before: steps[0] ?? after, label: editor.labels[row], decided: largest(logits),
    into: others.includes(into) ? into : others[0] ?? GONE,
    entries: edits.map((edit, k) => ({
      edit: { kind: edit.kind, code: edit.code, label: edit.label ?? null, into: edit.into ?? null },
      before: steps[k].shares, after: (steps[k + 1] ?? after).shares,
    })),
    of: (c) => ({
      score: own[c], weight: weight(c), part: own[c] * weight(c), there: there.includes(c),
      forbidden: Boolean(state.forbidden[edited * count + c]),
      classes: editor.classes.filter((_, k) => state.weights[k * count + c] > 0).length,
    }),
  };
}
