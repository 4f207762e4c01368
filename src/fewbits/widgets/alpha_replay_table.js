// The numbers of AlphaReplay, the sentence on the present moment, and what makes it play.

const ROWS = {
  layer: [
    ["alpha", "alpha"], ["clipped", "values at or beyond alpha"], ["zero", "values that leave as 0"],
    ["levels", "levels in use"],
  ],
  network: [
    ["accuracy", "accuracy, probe images"], ["loss", "loss, probe images"],
    ["training-loss", "training loss, last whole epoch"],
  ],
};

function makeTable() {
  const rows = {}, titles = { layer: h("p", { class: "fb-title" }), network: h("p", { class: "fb-title" }) };
  const group = (name) => {
    for (const [key, label] of ROWS[name]) rows[key] = number(key, label);
    const elements = ROWS[name].map(([key]) => rows[key].element);
    return h("section", { class: "fb-numbers", "aria-label": `The ${name}` }, titles[name], ...elements);
  };
  const share = (value) => `${digits(100 * value, 3)} %`;
  titles.network.textContent = "The network";
  return {
    left: group("layer"), right: group("network"),
    show({ replay, layer, frame }) {
      const learns = layer.learns === "lsq" ? "LSQ" : "PACT";
      titles.layer.textContent = `${layer.name}: ${learns}, ${layer.bits} bit${layer.bits > 1 ? "s" : ""}`;
      const training = replay.training[frame];
      rows.alpha.show(layer.alpha[frame], digits(layer.alpha[frame]));
      rows.clipped.show(layer.clipped[frame], share(layer.clipped[frame]));
      rows.zero.show(layer.zero[frame], share(layer.zero[frame]));
      rows.levels.show(layer.used[frame], `${layer.used[frame]} of ${2 ** layer.bits}`);
      rows.accuracy.show(replay.accuracy[frame], share(replay.accuracy[frame]));
      rows.loss.show(replay.loss[frame], digits(replay.loss[frame]));
      rows["training-loss"].show(training, Number.isNaN(training) ? "none yet" : digits(training));
    },
  };
}

// What happens to alpha at this moment, and whether something is wrong with it.
function sentence({ layer, frame }) {
  const parts = [], reached = layer.clipped[frame] > 0, lsq = layer.learns === "lsq";
  const silent = layer.used[frame] === 1 && layer.zero[frame] === 1;
  if (silent) parts.push("Every value leaves as 0: the layers behind it see nothing.");
  if (reached) {
    parts.push(lsq ? "Values beyond alpha pull it up, the values inside pull as well: LSQ hears both."
      : "Values reach alpha and pull on it.");
  } else {
    parts.push(lsq ? "No value reaches alpha, yet the values inside move it: LSQ\u2019s gradient is not 0."
      : "No value reaches alpha: its gradient is 0, only the penalty moves it.");
  }
  if (!silent && layer.zero[frame] > 0.85) parts.push("Nearly everything leaves as 0: the steps are too wide.");
  const [start, now] = [digits(layer.alpha[0]), digits(layer.alpha[frame])];
  if (frame) {
    const moved = `From ${start} it has come to ${now}.`;
    parts.push(start === now ? `It is where it was at step 0, at ${now}.` : moved);
  }
  return { tone: silent || (!reached && !lsq) ? "wrong" : "plain", text: parts.join(" ") };
}

// Play, then Pause. Whoever asks for less motion gets one step for each press instead.
function makePlayer({ count, place, go, changed }) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const button = h("button", { type: "button", "data-input": "play", class: "fb-play" });
  let timer = 0;
  const label = () => {
    button.textContent = timer ? "Pause" : calm.matches ? "Next step" : "Play";
  };
  const stop = () => {
    clearInterval(timer);
    timer = 0;
    label();
    changed(false);
  };
  const forward = () => {
    if (!button.isConnected) return stop();
    go(Math.min(place() + 1, count() - 1));
    if (place() >= count() - 1) stop();
  };
  button.addEventListener("click", () => {
    if (timer) return stop();
    if (calm.matches) return go((place() + 1) % count());
    if (place() >= count() - 1) go(0);
    timer = setInterval(forward, Math.min(300, Math.max(50, 8000 / count())));
    label();
    changed(true);
  });
  calm.addEventListener("change", stop);
  label();
  return { button, stop, close() { stop(); calm.removeEventListener("change", stop); } };
}
