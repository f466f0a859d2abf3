// The app's icon as PNG files, drawn from the same shapes as public/icon.svg: phones want pixels, and
// pictures that can be made have no place in a repository.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";

const { crc32, deflateSync } = zlib;

const MOSS = [0x2f, 0x5b, 0x2c];
const WHITE = [0xff, 0xff, 0xff];
const SUN = [0xff, 0x9a, 0x4d];
const WAY = [[14, 46], [27, 24], [35, 36], [40, 29], [50, 46]];
const WAY_HALF = 2.75;
const RADIUS = 15;

function toSegment([px, py], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const along = Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(px - ax - along * dx, py - ay - along * dy);
}
function toRoundedSquare([px, py], radius) {
  const x = Math.max(0, Math.abs(px - 32) - (32 - radius));
  const y = Math.max(0, Math.abs(py - 32) - (32 - radius));
  return Math.hypot(x, y) - radius;
}
const cover = (distance, pixel) => Math.min(1, Math.max(0, 0.5 - distance / pixel));

// `isMaskable`: the phone cuts its own shape, so the picture fills the square and keeps its middle.
function draw(size, isMaskable) {
  const pixel = 64 / size;
  const scale = isMaskable ? 1.35 : 1;
  const rows = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = [(x + 0.5) * pixel, (y + 0.5) * pixel];
      const inner = at.map((value) => (value - 32) * scale + 32);
      const way = Math.min(...WAY.slice(1).map((end, i) => toSegment(inner, WAY[i], end))) - WAY_HALF;
      const sun = Math.hypot(inner[0] - 47, inner[1] - 17) - 5;
      let color = MOSS;
      for (const [distance, paint] of [[way, WHITE], [sun, SUN]]) {
        const share = cover(distance, pixel * scale);
        color = color.map((value, i) => value + (paint[i] - value) * share);
      }
      const alpha = isMaskable ? 1 : cover(toRoundedSquare(at, RADIUS), pixel);
      const place = y * (size * 4 + 1) + 1 + x * 4;
      color.forEach((value, i) => (rows[place + i] = Math.round(value)));
      rows[place + 3] = Math.round(alpha * 255);
    }
  }
  return rows;
}

// The way and the sun alone, white on nothing: of the icon in the status bar phones take the shape only.
function drawShape(size) {
  const pixel = 64 / size;
  const rows = Buffer.alloc(size * (size * 4 + 1), 255);
  for (let y = 0; y < size; y++) {
    rows[y * (size * 4 + 1)] = 0; // no filter
    for (let x = 0; x < size; x++) {
      const inner = [(x + 0.5) * pixel, (y + 0.5) * pixel].map((value) => (value - 32) * 0.8 + 32);
      const way = Math.min(...WAY.slice(1).map((end, i) => toSegment(inner, WAY[i], end))) - WAY_HALF;
      const sun = Math.hypot(inner[0] - 47, inner[1] - 17) - 5;
      rows[y * (size * 4 + 1) + 4 + x * 4] = Math.round(255 * cover(Math.min(way, sun), pixel * 0.8));
    }
  }
  return rows;
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(checksum(body), body.length + 4);
  return out;
}
// node:zlib has it from 20.15 on.
function checksum(bytes) {
  if (crc32) return crc32(bytes);
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ~sum >>> 0;
}
function png(size, rows) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8); // 8 bits, RGBA
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

export function writeIcons(folder) {
  writeFileSync(join(folder, "icon-192.png"), png(192, draw(192, false)));
  writeFileSync(join(folder, "icon-512.png"), png(512, draw(512, false)));
  writeFileSync(join(folder, "icon-maskable-512.png"), png(512, draw(512, true)));
  writeFileSync(join(folder, "badge-96.png"), png(96, drawShape(96)));
}
