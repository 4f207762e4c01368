// What fewbits.widgets.packing packed: arrays by name out of one text.

// Base 85 as Python's base64.b85encode writes it, but for the three signs that a page would escape.
const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;.=/?@^_`{|}~";
function base85(text, size) {
  const bytes = new DataView(new ArrayBuffer((4 * text.length) / 5));
  const worth = Object.fromEntries([...SIGNS].map((sign, i) => [sign, i]));
  for (let i = 0; i < text.length; i += 5) {
    let value = 0;
    for (let k = i; k < i + 5; k++) value = 85 * value + worth[text[k]];
    bytes.setUint32((4 * i) / 5, value);
  }
  return new Uint8Array(bytes.buffer, 0, size);
}

// {parts: [[name, type, count]], data: deflated bytes in base 85, size} -> {name: numbers}.
async function unpack({ parts, data, size }) {
  const kinds = {
    uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, int16: Int16Array,
    float32: Float32Array, float64: Float64Array,
  };
  const stream = new Blob([base85(data, size)]).stream().pipeThrough(new DecompressionStream("deflate"));
  const bytes = await new Response(stream).arrayBuffer(), arrays = {};
  let at = 0;
  for (const [name, type, count] of parts) {
    const length = count * kinds[type].BYTES_PER_ELEMENT;
    if (at + length > bytes.byteLength) throw new Error(`its data end before "${name}"`);
    arrays[name] = new kinds[type](bytes.slice(at, at + length));
    at += length;
  }
  return arrays;
}

// Wraps a view whose cargo comes packed: `open` gets what `prepare` makes of it, unless the view has closed.
function unpacked(prepare, open) {
  return ({ model, root, safely }) => {
    const cargo = model.get("cargo");
    let close = () => {}, closed = false;
    unpack(cargo)
      .catch((error) => { throw new Error(`its data did not unpack (${error.message})`); })
      .then((arrays) => prepare(cargo, arrays))
      .then((made) => { if (!closed) close = open({ model, root, safely }, made); })
      .catch(safely((error) => { throw error; }));
    return () => { closed = true; close(); };
  };
}
