// PathExplorer: a penalty from strong to weak, the layer that each strength leaves, and when the solver stopped.

const FOLLOWED = ["place", "tolerance", "row"];

function explore({ model, root, safely }, paths) {
  const { store, lambdas, tolerances } = paths, last = lambdas.length - 1;
  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const lambda = slider(
    { label: "lambda, from strong to weak", name: "place", min: 0, max: last }, (at) => set("place", at));
  const stops = tolerances.map((value) => [String(value), `residual at most ${digits(value)}`]);
  const names = store.classNames.map((name) => [name, name]);
  const rule = { label: "The solver stops at", name: "tolerance", options: stops };
  const tolerance = select(rule, (value) => set("tolerance", Number(value)));
  const row = select({ label: "Class", name: "row", options: names }, (value) => set("row", value));
  const status = h("p", { class: "fb-status", role: "status" });
  const plots = makePathPlots(paths, (at) => set("place", at)), table = makePathTable(store);
  lambda.element.classList.add("fb-wide");
  root.append(
    h("div", { class: "fb-controls" }, tolerance.element, row.element),
    h("div", { class: "fb-controls fb-sliders" }, lambda.element),
    status,
    h("div", { class: "fb-plots" }, h("div", {}, plots.left, table.left), h("div", {}, plots.right, table.right)),
    h("div", { class: "fb-whole" }, plots.matrix.element), table.note,
  );
  let now = {};

  const draw = oncePerFrame(safely(() => {
    const said = inWords(now, paths);
    status.dataset.tone = said.tone;
    if (status.textContent !== said.text) status.textContent = said.text; // said aloud only when it changes
    plots.draw(now);
  }));
  const update = safely(() => {
    const stop = tolerances.indexOf(model.get("tolerance")), at = model.get("place");
    const fits = paths.walk(stop), strictest = paths.walk(tolerances.length - 1);
    const shown = store.classNames.indexOf(model.get("row"));
    now = { at, stop, fits, strictest, fit: fits[at], exact: strictest[at], row: shown };
    lambda.show(at, lambdas[at], digits(lambdas[at]));
    tolerance.show(String(tolerances[stop]));
    row.show(store.classNames[now.row]);
    table.show(now);
    draw();
  });
  const events = FOLLOWED.map((name) => `change:${name}`);
  for (const event of events) model.on(event, update);
  const resized = new ResizeObserver(() => { plots.resize(root); draw(); });
  resized.observe(root);
  plots.resize(root);
  update();
  return () => {
    draw.cancel();
    resized.disconnect();
    for (const event of events) model.off(event, update);
  };
}

// Is the budget met, and is it the penalty that decided, or the solver that gave up?
function inWords(now, paths) {
  const { fit, exact, stop } = now, { tolerances } = paths, strictest = tolerances.length - 1;
  const missed = (one, at) => one.residual > tolerances[at] * 1.001; // as Python's SLACK
  const said = ofLayer(now, !missed(exact, strictest) && stop !== strictest);
  if (!missed(fit, stop)) return said;
  const residual = `${digits(fit.residual, 2)}, not ${digits(tolerances[stop])}`;
  const text = `${said.text} The solver gave up at a residual of ${residual}: this layer is not finished.`;
  return { tone: "wrong", text };
}

// What the layer uses, and how far that is from the strictest fit's where the two can be compared.
function ofLayer({ fit, exact }, comparable) {
  const { mean, fewest, most, used, nonzeros } = fit.uses, more = nonzeros - exact.uses.nonzeros;
  if (!nonzeros && exact.uses.nonzeros) {
    return { tone: "wrong", text: "The solver stopped before any weight left 0." };
  }
  if (!nonzeros) {
    const text = "The price is so high that no weight leaves 0: every picture gets the same class.";
    return { tone: "plain", text };
  }
  const spread = fewest === most ? `${most}` : `${fewest} to ${most}`;
  const text = `A class uses ${spread} features, ${digits(mean, 3)} on average; ${used} are used at all.`;
  if (!comparable || !more) return { tone: "plain", text };
  const count = Math.abs(more), plural = count === 1 ? "" : "s";
  const weights = `${whole(count)} weight${plural} ${more > 0 ? "more" : "fewer"}`;
  const wrong = `${text} Stopped this early the fit has ${weights} than it should.`;
  return { tone: "wrong", text: wrong };
}

const control = { render: mounted("PathExplorer", unpacked(makePaths, explore)) };
export default control;
