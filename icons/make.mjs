// Draws every icon that a platform wants from the two drawings: `node icons/make.mjs` (needs rsvg-convert).
// Above 24 pixels the full drawing, from 24 down the one made for 16.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const drawn = new Map();

function png(size) {
  if (!drawn.has(size)) {
    const drawing = join(here, size > 24 ? 'icon.svg' : 'icon-16.svg');
    drawn.set(size, execFileSync('rsvg-convert', ['-w', size, '-h', size, '-f', 'png', drawing]));
  }
  return drawn.get(size);
}

/** Windows: a directory of 16 bytes an image, then the images, which may be PNG since Vista. */
function ico(sizes) {
  const head = Buffer.alloc(6 + 16 * sizes.length);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(sizes.length, 4);
  let offset = head.length;
  sizes.forEach((size, i) => {
    const at = 6 + 16 * i;
    head.writeUInt8(size % 256, at);
    head.writeUInt8(size % 256, at + 1);
    head.writeUInt16LE(1, at + 4);
    head.writeUInt16LE(32, at + 6);
    head.writeUInt32LE(png(size).length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    offset += png(size).length;
  });
  return Buffer.concat([head, ...sizes.map(png)]);
}

/** macOS: `icns`, the length, then each image behind its four letters and length. */
function icns(kinds) {
  const entries = kinds.map(([kind, size]) => {
    const head = Buffer.alloc(8);
    head.write(kind, 'latin1');
    head.writeUInt32BE(8 + png(size).length, 4);
    return Buffer.concat([head, png(size)]);
  });
  const head = Buffer.alloc(8);
  head.write('icns', 'latin1');
  head.writeUInt32BE(8 + entries.reduce((sum, e) => sum + e.length, 0), 4);
  return Buffer.concat([head, ...entries]);
}

const write = (name, bytes) => writeFileSync(join(here, name), bytes);
for (const [name, size] of [
  ['16x16', 16], ['32x32', 32], ['64x64', 64], ['128x128', 128], ['128x128@2x', 256], ['256x256', 256], ['icon', 512],
]) write(`${name}.png`, png(size));
write('icon.ico', ico([16, 24, 32, 48, 64, 128, 256]));
write('icon.icns', icns([
  ['icp4', 16], ['icp5', 32], ['ic11', 32], ['ic12', 64], ['ic07', 128], ['ic13', 256], ['ic08', 256], ['ic14', 512], ['ic09', 512],
]));
