// AlphaReplay: a training to scrub through, and what every clip did in it.

function readReplay({ name, steps, layers, ...series }) {
  for (const key of ["accuracy", "loss", "training"]) series[key] = floats(series[key]);
  const read = layers.map((layer) => {
    const whole = { ...layer };
    for (const key of ["alpha", "clipped", "zero", "used", "heights"]) whole[key] = floats(layer[key]);
    return whole;
  });
  return { name, steps, ...series, layers: read, layer: (named) => read.find((each) => each.name === named) };
}

function view({ model, root, safely }) {
  const replays = model.get("replays").map(readReplay);
  if (!replays.length) throw new Error("no replay arrived with its state");
  let now = {};

  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const last = () => now.replay.steps.length - 1;
  const nearest = (step) => now.replay.steps.reduce(
    (best, at, i, steps) => (Math.abs(at - step) < Math.abs(steps[best] - step) ? i : best), 0);
  const scrub = (frame) => { player.stop(); set("frame", frame); };
  const switchReplay = (name) => { // at the same step, in the same layer, if it has them
    const next = replays.find((replay) => replay.name === name), step = now.replay.steps[now.frame];
    const layer = next.layer(now.layer.name) ?? next.layers[0];
    now.replay = next;
    const frame = nearest(step);
    model.set("replay", name);
    model.set("layer", layer.name);
    set("frame", frame);
  };

  const choose = select({ label: "Training", name: "replay", options: replays.map(({ name }) => [name, name]) },
    switchReplay);
  const layer = select({ label: "Layer", name: "layer", options: [] }, (name) => set("layer", name));
  const step = slider({ label: "training step", name: "step", min: 0, max: 1 }, scrub);
  const said = h("p", { class: "fb-status", role: "status" });
  const player = makePlayer({
    count: () => last() + 1, place: () => now.frame, go: (frame) => set("frame", frame),
    changed: (playing) => said.setAttribute("aria-live", playing ? "off" : "polite"), // not every frame aloud
  });
  const bars = makeBars(), courses = makeCourses((at) => scrub(nearest(at))), table = makeTable();
  const left = h("div", {}, bars.element, table.left), right = h("div", {}, courses.element, table.right);
  const note = h("p", { class: "fb-note" }, "Dotted: the histogram at step 0. Steps can also be chosen in the " +
    "curves, with a pointer.");
  root.append(
    h("div", { class: "fb-controls" }, ...(replays.length > 1 ? [choose.element] : []), layer.element),
    h("div", { class: "fb-controls fb-sliders fb-scrub" }, player.button, step.element),
    said, h("div", { class: "fb-plots" }, left, right), note,
  );

  let width = 0, listed = null;
  const draw = oncePerFrame(safely(() => {
    const { tone, text } = sentence(now);
    said.dataset.tone = tone;
    if (said.textContent !== text) said.textContent = text;
    if (!width) return; // folded away: drawn when it opens
    bars.draw(now);
    courses.draw(now);
  }));
  const update = safely(() => { // the numbers at once, the drawing before the next picture
    const replay = replays.find(({ name }) => name === model.get("replay")) ?? replays[0];
    const frame = Math.max(0, Math.min(model.get("frame"), replay.steps.length - 1));
    now = { replays, replay, layer: replay.layer(model.get("layer")) ?? replay.layers[0], frame };
    if (listed !== replay) {
      layer.input.replaceChildren(...replay.layers.map(({ name }) => h("option", { value: name }, name)));
      step.input.max = last();
      listed = replay;
    }
    choose.show(replay.name);
    layer.show(now.layer.name);
    const at = replay.steps[frame];
    step.show(frame, at, `${whole(at)} of ${whole(replay.steps[last()])}`);
    table.show(now);
    draw();
  });

  const watched = ["replay", "layer", "frame"].map((name) => `change:${name}`);
  for (const event of watched) model.on(event, update);
  const resized = new ResizeObserver(() => resize());
  const resize = () => {
    width = left.clientWidth;
    if (width) { bars.resize(width); courses.resize(width); }
    draw();
  };
  resized.observe(left);
  update();
  resize();
  return () => {
    player.close();
    draw.cancel();
    resized.disconnect();
    for (const event of watched) model.off(event, update);
  };
}

const control = { render: mounted("AlphaReplay", view) };
export default control;
