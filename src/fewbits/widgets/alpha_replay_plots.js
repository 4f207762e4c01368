// Right in AlphaReplay: alpha, accuracy and loss over the steps of training, the present step marked.

function keyed(title, ...keys) {
  const key = ([text, colour, stroke]) =>
    h("span", { class: `fb-key ${colour}-text ${stroke ? `fb-key-${stroke}` : ""}` }, text);
  return h("span", {}, title, ...keys.map(key));
}

function makeCourses(setStep) {
  const named = h("span");
  const panels = {
    alpha: plot({ caption: named, height: 190, margin: { left: 46, right: 46, top: 8, bottom: 22 },
      description: "alpha of every layer over the steps of training" }),
    accuracy: plot({ caption: "Accuracy on the probe images", height: 95,
      margin: { left: 46, right: 46, top: 8, bottom: 20 },
      description: "Accuracy on the probe images over the steps of training" }),
    loss: plot({ caption: "Loss on the probe images (logarithmic)", height: 110,
      margin: { left: 46, right: 46, top: 8, bottom: 34 },
      description: "Cross-entropy on the probe images over the steps of training" }),
  };
  const marks = {};
  for (const [name, panel] of Object.entries(panels)) {
    marks[name] = {
      rest: panel.add("path", "float-line thin"), others: panel.add("path", "ink-line thin dash"),
      chosen: panel.add("path", name === "alpha" ? "pact-line" : "ink-line"),
      here: s("line", { class: "ink-line thin" }),
      dot: s("circle", { class: name === "alpha" ? "pact-mark" : "ink-dot" }), words: s("g"),
    };
    panel.svg.append(marks[name].here, marks[name].dot, marks[name].words); // whole at the frame's edge too
    follow(panel, (pixel) => scales[name] && setStep(scales[name].x.invert(pixel)));
  }
  let drawn = "", scales = {};

  return {
    element: h("div", {}, ...Object.values(panels).map(({ element }) => element)),
    resize(width) {
      for (const panel of Object.values(panels)) panel.resize(width);
      drawn = "";
    },
    draw(now) {
      const key = `${now.replays.indexOf(now.replay)} ${now.layer.name}`;
      if (key !== drawn) {
        scales = drawCourses(now, panels, marks);
        named.replaceChildren(alphaCaption(now));
      }
      drawn = key;
      const values = { alpha: now.layer.alpha, accuracy: now.replay.accuracy, loss: now.replay.loss };
      for (const [name, panel] of Object.entries(panels)) {
        const { x, y } = scales[name], { here, dot } = marks[name], { top, bottom } = panel.box;
        const at = px(x(now.replay.steps[now.frame]));
        place(here, { x1: at, x2: at, y1: top, y2: bottom });
        place(dot, { r: 5, cx: at, cy: px(y(values[name][now.frame])) });
      }
    },
  };
}

const withLayer = (replays, name) => replays.filter((replay) => replay.layer(name));

function alphaCaption({ replays, replay, layer }) {
  const others = withLayer(replays, layer.name).filter((other) => other !== replay);
  const where = others.length === 1 ? `\u201c${others[0].name}\u201d` : "the other replays";
  const keys = [[layer.name, "pact"]];
  if (replay.layers.length > 1) keys.push(["other layers", "float", "thin"]);
  if (others.length) keys.push([`${layer.name} in ${where}`, "ink", "dash"]);
  return keyed("alpha:", ...keys);
}

function drawCourses(now, panels, marks) {
  const { replays, replay, layer } = now, others = replays.filter((other) => other !== replay);
  const last = Math.max(1, ...replays.map(({ steps }) => steps[steps.length - 1]));
  const alphas = replays.flatMap(({ layers }) => layers.map(({ alpha }) => Math.max(...alpha)));
  const worst = Math.min(...replays.map(({ accuracy }) => Math.min(...accuracy)));
  const losses = replays.flatMap(({ loss }) => [...loss].map((value) => Math.max(value, 1e-6)));
  const { alpha, accuracy, loss } = panels, scales = {};
  for (const [name, panel] of Object.entries(panels)) {
    scales[name] = { x: linear(0, last, panel.box.left, panel.box.right) };
  }
  scales.alpha.y = linear(0, Math.max(...alphas) * 1.06, alpha.box.bottom, alpha.box.top);
  scales.accuracy.y = linear(Math.floor(worst * 10 - 0.5) / 10, 1.03, accuracy.box.bottom, accuracy.box.top);
  scales.loss.y = logarithmic(Math.min(...losses) / 1.5, Math.max(...losses) * 1.5, loss.box.bottom, loss.box.top);
  for (const [name, panel] of Object.entries(panels)) {
    const { x, y } = scales[name];
    panel.drawAxes(x, name === "accuracy" ? percentTicks(y) : y);
    const path = ({ steps }, values) => line(steps, values, x, y);
    if (name === "alpha") {
      const rest = replay.layers.filter((other) => other !== layer);
      const same = withLayer(others, layer.name);
      place(marks.alpha.rest, { d: rest.map((other) => path(replay, other.alpha)).join("") });
      place(marks.alpha.others, { d: same.map((other) => path(other, other.layer(layer.name).alpha)).join("") });
      place(marks.alpha.chosen, { d: path(replay, layer.alpha) });
      nameLines(now, panel, y, marks.alpha.words);
    } else {
      place(marks[name].others, { d: others.map((other) => path(other, other[name])).join("") });
      place(marks[name].chosen, { d: path(replay, replay[name]) });
    }
  }
  loss.label("step");
  return scales;
}

// Accuracy's axis reads in per cent.
function percentTicks(y) {
  const scale = (value) => y(value);
  scale.ticks = () => y.ticks(3).map(([value]) => [value, `${digits(100 * value, 3)} %`]);
  return scale;
}

// Each layer's name where its line ends, moved apart where lines end together.
function nameLines({ replay, layer }, { box }, y, words) {
  const ends = replay.layers.map((each) => ({ each, at: y(each.alpha[each.alpha.length - 1]) + 4 }));
  ends.sort((one, other) => one.at - other.at);
  for (let i = 1; i < ends.length; i++) ends[i].at = Math.max(ends[i].at, ends[i - 1].at + 11);
  let floor = box.bottom + 4;
  for (const end of [...ends].reverse()) { end.at = Math.min(end.at, floor); floor = end.at - 11; }
  words.replaceChildren(...ends.map(({ each, at }) => s("text", {
    x: box.right + 5, y: px(at), class: each === layer ? "pact-word" : "",
  }, each.name.length > 7 ? `${each.name.slice(0, 6)}\u2026` : each.name)));
}
