// Everything the server has of the user, as one file. Ruck by ruck, so that nothing grows large on
// the way.
import { get } from "./api";

const PAGE = 200;

export async function exportAll(progress: (done: number) => void): Promise<Blob> {
  const profile = await get("GET /api/users/profile", "/api/users/profile");
  const parts: string[] = [`{"profile":${JSON.stringify(profile)},"rucks":[`];
  let done = 0;
  for (let offset = 0; ; offset += PAGE) {
    const page = await get("GET /api/rucks", `/api/rucks?limit=${PAGE}&offset=${offset}`);
    for (const { id } of page) {
      const ruck = (await get("GET /api/rucks/{id}", `/api/rucks/${id}`)) as Record<string, unknown>;
      const heart_rate = await get("GET /api/rucks/{id}/heartrate", `/api/rucks/${id}/heartrate`);
      // The same list under two more names, for the mobile app.
      delete ruck.route;
      delete ruck.locationPoints;
      parts.push(`${done === 0 ? "" : ","}${JSON.stringify({ ...ruck, heart_rate })}`);
      progress(++done);
    }
    if (page.length < PAGE) break;
  }
  parts.push("]}\n");
  return new Blob(parts, { type: "application/json" });
}
