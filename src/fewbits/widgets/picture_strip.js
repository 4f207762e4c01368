// Pictures to choose from: radio buttons with a picture each, those marked underlined.

function makeStrip({ legend, name, count, side }, onChange) {
  const group = newId(), strip = h("div", { class: "fb-strip" }), note = h("p", { class: "fb-foot" });
  const choices = Array.from({ length: count }, (_, index) => {
    const input = h("input", { type: "radio", name: group, value: index, "data-input": name });
    const canvas = h("canvas", { width: side, height: side, "aria-hidden": "true" });
    const text = h("span", { class: "fb-hidden" });
    input.addEventListener("change", () => onChange(index));
    strip.append(h("label", {}, input, canvas, text));
    return { input, canvas, text };
  });
  return {
    element: h("fieldset", { class: "fb-choices" }, h("legend", {}, legend), strip, note),
    canvases: choices.map(({ canvas }) => canvas),
    show(at, texts, marks, meaning) { // what each is called, which are marked, and what a mark means
      choices.forEach(({ input, text }, index) => {
        input.checked = index === at;
        input.parentNode.classList.toggle("fb-marked", marks[index]);
        text.textContent = texts[index];
      });
      note.textContent = marks.some(Boolean) ? meaning : "\u00a0";
    },
  };
}
