// The inputs and outputs of DrawDigit around the pad, how they are laid out, and the sentence beneath.

function makeParts(names, networks, count, does) {
  const bits = makeChoice("Bits", networks.map(({ name }) => name), does.setBits);
  const drawn = Array.from({ length: count }, (_, k) => [k, `drawing ${k + 1}`]);
  const options = [["", "an empty field"], ...drawn];
  const take = select({ label: "Begin with", name: "drawing", options }, does.take);
  const classes = [["", "the predicted class"], ...names.map((name) => [name, name])];
  const target = select({ label: "Gradient of the logit of", name: "target", options: classes }, does.setTarget);
  const pen = slider({ label: "pen, in pixels", name: "pen", min: 1, max: 4, step: 0.1 }, does.setPen);
  const undo = button("undo", "Undo", does.undo);
  const clear = button("clear", "Clear", () => { take.show(""); does.clear(); });
  const centre = h("input", { type: "checkbox", "data-input": "centre" });
  centre.addEventListener("change", () => does.setCentre(centre.checked));
  const centred = h("label", { class: "fb-check" }, centre, "centred, as in MNIST");
  const seen = makeMap("image", "What the network sees", "The image of 28 by 28 pixels", ["ink"]);
  const pulls = makeMap("gradient", "", "Gradient of a logit", ["pact", "wrong"]);
  const largest = output("largest-gradient"), whose = h("span");
  pulls.element.querySelector("figcaption").append("Gradient of logit ", whose);
  const dot = (colour) => h("span", { class: `${colour}-text` }, "\u25a0");
  const legend = h("p", { class: "fb-title" }, dot("pact"), " ink here raises it, ", dot("wrong"),
    " lowers it; strongest ", largest.element);
  const predicted = output("predicted"), bars = makeBars(names, does.setTarget);
  const status = h("p", { class: "fb-status", role: "status" });
  predicted.element.classList.toggle("fb-long", Math.max(...names.map((name) => name.length)) > 2);
  let verdicts = [], now = null;

  const sentence = () => {
    const text = said(now, verdicts, names);
    if (status.textContent !== text) status.textContent = text;
  };
  return {
    layout(pad) {
      const field = h("figure", {}, h("figcaption", {}, "Draw a digit"), pad.element,
        h("div", { class: "fb-under" }, clear, undo), pen.element);
      seen.element.append(h("div", { class: "fb-under" }, centred));
      pulls.element.append(legend);
      return [
        h("div", { class: "fb-controls fb-chosen-by" },
          bits.element, ...(count ? [take.element] : []), target.element),
        h("div", { class: "fb-squares" }, field, seen.element, pulls.element,
          h("div", { class: "fb-answer" }, predicted.element, status)),
        bars.element,
      ];
    },
    show(state) {
      now = state;
      const { network, pixels, logits, shares, best, gradient, base, strokes } = state;
      const most = gradient.reduce((high, value) => Math.max(high, Math.abs(value)), 0);
      bits.show(network.name);
      target.show(state.chosen);
      pen.show(state.pen, state.pen, digits(state.pen, 2));
      centre.checked = state.centre;
      centre.disabled = Boolean(base);
      undo.disabled = !strokes.length;
      seen.draw(pixels, 255);
      pulls.draw(gradient, most || 1, pixels);
      whose.textContent = names[state.target];
      pulls.describe(`Gradient of the logit of ${names[state.target]} with respect to each pixel`);
      largest.show(most, digits(most, 3));
      bars.show(logits, shares, best, state.target);
      predicted.show(best, names[best]);
      sentence();
    },
    hear(found) {
      verdicts = found;
      for (const { name, best, share } of found) bits.hear(name, best, `${names[best]}, ${percentOf(share)}`);
      sentence();
    },
    remember: (value) => take.show(value),
  };
}

const percentOf = (share) => (share > 0.995 ? "over 99 %" : `${Math.round(100 * share)} %`);

function button(name, text, onClick) {
  const element = h("button", { type: "button", "data-input": name }, text);
  element.addEventListener("click", onClick);
  return element;
}

// One of a few networks, side by side; beneath each what it says.
function makeChoice(title, labels, onChange) {
  const group = newId(), options = labels.map((label) => {
    const input = h("input", { type: "radio", name: group, value: label, "data-input": "bits" });
    const says = output(`says-${label}`);
    input.addEventListener("change", () => onChange(label));
    return { label, input, says, element: h("label", {}, input, h("b", {}, label), says.element) };
  });
  const element = h("fieldset", { class: "fb-choice" }, h("legend", {}, title), ...options.map((o) => o.element));
  return {
    element,
    show: (label) => { for (const option of options) option.input.checked = option.label === label; },
    hear: (label, value, text) => options.find((option) => option.label === label).says.show(value, text),
  };
}

// One sentence on what is seen.
function said({ network, pixels, shares, best, target, gradient }, verdicts, names) {
  const who = called(network.name), name = names[best], share = shares[best];
  const capital = (text) => text[0].toUpperCase() + text.slice(1);
  if (!pixels.some((byte) => byte)) {
    return `Nothing is drawn, and still ${who} answers ${name}: a softmax cannot say \u201cnone of these\u201d.`;
  }
  if (!gradient.some((value) => value)) {
    return `${capital(who)} says ${name}, and the gradient of logit ${names[target]} is 0 at every pixel: ` +
      "all its paths are clipped.";
  }
  const rest = shares.map((other, k) => (k === best ? -1 : other)), second = rest.indexOf(Math.max(...rest));
  const either = `${name} (${percentOf(share)}) and ${names[second]} (${percentOf(shares[second])})`;
  const sure = share >= 0.7 || rest.length < 2;
  const answer = sure ? `reads ${name} (${percentOf(share)})` : `hesitates between ${either}`;
  const against = verdicts.filter((other) => other.name !== network.name && other.best !== best);
  const others = against.map((other) => `${called(other.name)} says ${names[other.best]}`);
  const agreed = verdicts.length > 1 ? "; the others agree" : "";
  return `${capital(who)} ${answer}${others.length ? `; ${others.join(", ")}` : agreed}.`;
}
