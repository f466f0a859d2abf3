// Files of photos for tests and pictures: landscapes, drawn by the browser, the same for the same seed.
import { api } from "./support.mjs";

async function onPage(browser, work, ...values) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const text = await page.evaluate(work, values);
  await context.close();
  return Buffer.from(text, "base64");
}

export const landscape = (browser, { width = 1600, height = 1200, seed = 1 } = {}) =>
  onPage(
    browser,
    ([wide, high, number]) => {
      let state = number * 7919;
      const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
      const canvas = document.createElement("canvas");
      canvas.width = wide;
      canvas.height = high;
      const context = canvas.getContext("2d");
      const hue = Math.floor(random() * 60) + 190;
      const sky = context.createLinearGradient(0, 0, 0, high);
      sky.addColorStop(0, `hsl(${hue} 55% ${35 + random() * 20}%)`);
      sky.addColorStop(0.7, `hsl(${(hue + 170) % 360} 70% 82%)`);
      context.fillStyle = sky;
      context.fillRect(0, 0, wide, high);
      context.fillStyle = "rgb(255 244 214 / 90%)";
      context.beginPath();
      context.arc(wide * (0.2 + random() * 0.6), high * (0.18 + random() * 0.2), high * 0.06, 0, 7);
      context.fill();
      for (let layer = 0; layer < 5; layer++) {
        const [a, b, c] = [random() * 6, random() * 9, 2 + random() * 3];
        const base = high * (0.45 + layer * 0.12);
        context.fillStyle = `hsl(${150 - layer * 12} ${18 + layer * 9}% ${56 - layer * 10}%)`;
        context.beginPath();
        context.moveTo(0, high);
        for (let x = 0; x <= wide; x += 4) {
          const at = x / wide;
          context.lineTo(x, base + high * (0.07 * Math.sin(at * c + a) + 0.03 * Math.sin(at * 13 + b) + 0.008 * Math.sin(at * 90 + a)));
        }
        context.lineTo(wide, high);
        context.fill();
      }
      return canvas.toDataURL("image/jpeg", 0.85).split(",")[1];
    },
    width,
    height,
    seed,
  );

// More than the server takes: every pixel is another colour.
export const tooLarge = (browser) =>
  onPage(browser, async () => {
    const canvas = new OffscreenCanvas(2400, 1800);
    const context = canvas.getContext("2d");
    const noise = context.createImageData(2400, 1800);
    for (let i = 0; i < noise.data.length; i += 65_536) crypto.getRandomValues(noise.data.subarray(i, Math.min(i + 65_536, noise.data.length)));
    for (let i = 3; i < noise.data.length; i += 4) noise.data[i] = 255;
    context.putImageData(noise, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
    let text = "";
    for (let i = 0; i < bytes.length; i += 32_768) text += String.fromCharCode(...bytes.subarray(i, i + 32_768));
    return btoa(text);
  });

export const asFile = (buffer, name = "photo.jpg", mimeType = "image/jpeg") => ({ name, mimeType, buffer });
// It begins as a photo does, and is none.
export const brokenJpeg = () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(120, 7)]);

export const photosOf = async (server, who, ruckId) => (await api(server, who, `/api/ruck-photos?ruck_id=${ruckId}`)).data;
export async function addPhoto(server, who, ruckId, buffer, { name = "photo.jpg", alt = "" } = {}) {
  const body = new FormData();
  body.append("ruck_id", String(ruckId));
  body.append("alt_text", alt);
  body.append("photos", new File([buffer], name, { type: "image/jpeg" }));
  const { photos } = await api(server, who, "/api/ruck-photos", { method: "POST", body });
  return photos[0];
}
// A picture that the browser has drawn.
export const isDrawn = (locator) => locator.evaluate((img) => img.complete && img.naturalWidth > 0);
