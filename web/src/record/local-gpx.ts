// A ruck that only this phone has, as a file: for when the server will not take it.
import * as db from "../lib/db";

const iso = (ms: number) => new Date(ms).toISOString();
const escaped = (text: string) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

function pointOf({ lat, lng, alt, t }: db.Fix): string {
  return `<trkpt lat="${lat}" lon="${lng}">${alt === null ? "" : `<ele>${alt}</ele>`}<time>${iso(t)}</time></trkpt>`;
}

// GPX 1.1, one segment; https://www.topografix.com/GPX/1/1
export function asGpx(name: string, fixes: db.Fix[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Ruck" xmlns="http://www.topografix.com/GPX/1/1"><trk><name>${escaped(name)}</name><trkseg>
${fixes.map(pointOf).join("\n")}
</trkseg></trk></gpx>
`;
}

export async function localGpx(ruck: db.LocalRuck): Promise<Blob> {
  const fixes = (await db.fixesOf(ruck.key)).map(({ item }) => item);
  return new Blob([asGpx(ruck.notes.title ?? iso(ruck.startedAt), fixes)], { type: "application/gpx+xml" });
}
