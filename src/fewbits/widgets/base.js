// Shared by every control: elements, labelled inputs, outputs, state. Comes before the control's own file.

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// {dtype, data: base64} -> Float64Array: all arithmetic here is in double precision.
function floats({ dtype, data }) {
  const kinds = { float32: Float32Array, float64: Float64Array, uint8: Uint8Array };
  if (!kinds[dtype]) throw new Error(`an array arrived as ${dtype}, expected float32, float64 or uint8`);
  const bytes = Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
  return Float64Array.from(new kinds[dtype](bytes.buffer));
}

// Four significant digits, written as one would by hand: 0.01234, 12.35, 1.2e-7.
function digits(value, count = 4) {
  if (!Number.isFinite(value)) return "none";
  const size = Math.abs(value);
  const rounded = Number(value.toPrecision(count)), tiny = size && (size < 1e-4 || size >= 1e6);
  return (tiny ? rounded.toExponential() : String(rounded)).replaceAll("-", "\u2212");
}

// Ids must differ between the controls of a page, and each has its own copy of this file.
const newId = () => `fb-${Math.random().toString(36).slice(2)}`;

const percent = (share) => (Number.isFinite(share) ? `${digits(100 * share, 3)} %` : "none");
const whole = (count) => Math.round(count).toLocaleString("en-GB");
const spoken = (name) => name.replaceAll("_", " ");
const largest = (values) => values.indexOf(Math.max(...values)); // of equal ones the first

// A number in the page. data-value names it, data-exact keeps every digit (for tests and for copying).
function output(name) {
  const element = h("output", { "data-value": name, "aria-live": "off" });
  return {
    element,
    show(value, text) {
      element.dataset.exact = String(value);
      if (element.textContent !== text) element.textContent = text;
    },
  };
}

function slider({ label, name, min, max, step = 1 }, onInput) {
  const shown = output(name), id = newId(); // not one label around both: it would name the output
  const input = h("input", { type: "range", min, max, step, id, "data-input": name });
  input.addEventListener("input", () => onInput(Number(input.value)));
  const head = h("span", {}, h("label", { for: id }, label), shown.element);
  const element = h("div", { class: "fb-field" }, head, input);
  return {
    element, input,
    show(position, value, text) {
      input.value = position;
      input.setAttribute("aria-valuetext", text);
      shown.show(value, text);
    },
  };
}

function select({ label, name, options }, onChange) {
  const input = h("select", { "data-input": name });
  for (const [value, text] of options) input.append(h("option", { value }, text));
  input.addEventListener("change", () => onChange(input.value));
  const element = h("label", { class: "fb-field" }, h("span", {}, label), input);
  return { element, input, show: (value) => { input.value = value; } };
}

// One row of the table of numbers: what it is, and the number.
function number(name, label, className) {
  const shown = output(name);
  const element = h("div", { class: "fb-number" }, h("span", { class: className }, label), shown.element);
  return { element, show: shown.show };
}

// Such rows under a title, kept in `rows` by their names.
function numbersUnder(title, listed, rows) {
  for (const [name, label] of listed) rows[name] = number(name, label);
  const head = h("p", { class: "fb-title" }, title), elements = listed.map(([name]) => rows[name].element);
  return h("section", { class: "fb-numbers", "aria-label": title }, head, ...elements);
}

// However often it is called, the work is done once before the next picture.
function oncePerFrame(work) {
  let waiting = 0;
  const call = () => {
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; work(); });
  };
  call.cancel = () => cancelAnimationFrame(waiting);
  return call;
}

// Wraps a view: the root element, and a readable line where an error would leave nothing. `safely` does the
// same for what the view runs later.
function mounted(name, view) {
  return ({ model, el: root }) => {
    root.classList.add("fewbits");
    root.dataset.widget = name;
    const safely = (work) => (...given) => {
      try {
        return work(...given);
      } catch (error) {
        showError(root, name, error);
      }
    };
    return safely(view)({ model, root, safely });
  };
}

function showError(root, name, error) {
  root.replaceChildren(h("p", { class: "fb-error", role: "alert" },
    `${name} stopped: ${error.message}. Reload the page, or run its cell in a notebook.`));
}
