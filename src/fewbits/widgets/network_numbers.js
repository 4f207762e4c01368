// Numbers as the page carries them: base 85, deflated, codes of a few bits back to back.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%/()*+-;.=:?@^_`{|}~";
function fromBase85(text) {
  const value = Object.fromEntries([...ALPHABET].map((character, i) => [character, i]));
  const bytes = new DataView(new ArrayBuffer(4 * Math.ceil(text.length / 5)));
  for (let i = 0, to = 0; i < text.length; i += 5, to += 4) {
    let sum = 0;
    for (let k = i; k < i + 5; k++) sum = 85 * sum + (k < text.length ? value[text[k]] : 84);
    if (!(sum < 2 ** 32)) throw new Error("its numbers arrived damaged");
    bytes.setUint32(to, sum);
  }
  return new Uint8Array(bytes.buffer, 0, Math.floor((4 * text.length) / 5));
}

async function inflate(text) {
  if (!globalThis.DecompressionStream) throw new Error("this browser cannot unpack its numbers");
  const stream = new Blob([fromBase85(text)]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// Codes of a few bits back to back, the first in the lowest bits; 32 and 64 bits are floating-point numbers.
async function unpack({ bits = 64, factor, offset, count, data }) {
  const bytes = await inflate(data);
  if (bytes.length !== Math.ceil((count * bits) / 8)) throw new Error("its numbers arrived cut");
  if (bits >= 32) return Float64Array.from(new (bits === 32 ? Float32Array : Float64Array)(bytes.buffer));
  const values = new Float64Array(count), mask = 2 ** bits - 1;
  for (let i = 0, bit = 0; i < count; i++, bit += bits) {
    const both = bytes[bit >> 3] | (bytes[(bit >> 3) + 1] << 8);
    values[i] = factor * ((both >> (bit & 7)) & mask) - offset;
  }
  return values;
}
