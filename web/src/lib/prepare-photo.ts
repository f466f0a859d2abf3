// A file that somebody chose, made ready to be sent: as it is where the server takes it; smaller where
// it is too large.
export const KINDS = "image/jpeg,image/png,image/webp,image/heic,image/heif,image/avif";
export const BYTES_MOST = 10_000_000; // of a file, for the server
const SIDE_MOST = 4096; // pixels: more than any size that is shown has
const QUALITIES = [0.9, 0.8, 0.7];
const SMALLER = 0.7; // times, where no quality is enough
const SMALLER_MOST = 4; // times over
const PREVIEW_PX = 360;

// What the file is, by its first bytes: names and types that browsers give are guesses.
export async function kindOf(file: Blob): Promise<string | null> {
  const head = new Uint8Array(await file.slice(0, 12).arrayBuffer());
  const text = String.fromCharCode(...head);
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("\x89PNG\r\n")) return "image/png";
  if (text.startsWith("RIFF") && text.endsWith("WEBP")) return "image/webp";
  if (text.slice(4, 8) !== "ftyp") return null;
  const brand = text.slice(8);
  if (brand === "avif" || brand === "avis") return "image/avif";
  return ["heic", "heix", "heim", "heis", "mif1", "msf1"].includes(brand) ? "image/heic" : null;
}

// A picture on a canvas, its longer side at most `side`; on white, for JPEG knows no holes.
export function drawn(picture: ImageBitmap, side: number): HTMLCanvasElement {
  const scale = Math.min(1, side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
export const asJpeg = (canvas: HTMLCanvasElement, quality: number) =>
  new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));

async function smaller(file: Blob): Promise<Blob | null> {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) return null;
  try {
    let side = SIDE_MOST;
    for (let tries = 0; tries < SMALLER_MOST; tries++, side *= SMALLER) {
      const canvas = drawn(picture, side);
      for (const quality of QUALITIES) {
        const jpeg = await asJpeg(canvas, quality);
        if (jpeg && jpeg.size <= BYTES_MOST) return jpeg;
      }
    }
    return null;
  } finally {
    picture.close();
  }
}

export type Prepared = { blob: Blob } | { why: "kind" | "size" | "empty" };
export async function prepare(file: File): Promise<Prepared> {
  if (file.size === 0) return { why: "empty" };
  const kind = await kindOf(file).catch(() => null);
  if (kind === null) return { why: "kind" };
  if (file.size <= BYTES_MOST) return { blob: file.slice(0, file.size, kind) };
  const blob = await smaller(file);
  return blob ? { blob } : { why: "size" };
}

// Small, to show; nothing where this browser cannot decode the picture.
export async function previewOf(blob: Blob): Promise<Blob | null> {
  const picture = await createImageBitmap(blob, { resizeWidth: PREVIEW_PX, resizeQuality: "medium" }).catch(() => null);
  if (!picture) return null;
  const preview = await asJpeg(drawn(picture, PREVIEW_PX), 0.8);
  picture.close();
  return preview;
}
