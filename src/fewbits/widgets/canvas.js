// Canvases in the theme's colours, painted anew when the theme changes.

// The theme's colours as [red, green, blue], read off elements that wear them.
function readColours(wearers) {
  const rgb = (text) => text.match(/[\d.]+/g).slice(0, 3).map(Number), colours = {};
  for (const [name, [element, property]] of Object.entries(wearers)) {
    colours[name] = rgb(getComputedStyle(element)[property]);
  }
  return colours;
}

const mix = (from, to, part) => from.map((value, i) => value + (to[i] - value) * part);

function paint(canvas, width, height, colourOf) {
  if (canvas.width !== width) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d"), data = context.createImageData(width, height);
  for (let i = 0; i < width * height; i++) data.data.set([...colourOf(i), 255], 4 * i);
  context.putImageData(data, 0, 0);
}

// Calls back whenever the page or the system changes between light and dark.
function onTheme(call) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const watcher = new MutationObserver(call), attributes = true;
  const attributeFilter = ["data-theme", "theme", "class", "data-jp-theme-light", "data-vscode-theme-kind"];
  for (const element of [document.documentElement, document.body]) {
    watcher.observe(element, { attributes, attributeFilter });
  }
  system.addEventListener("change", call);
  return () => { watcher.disconnect(); system.removeEventListener("change", call); };
}
