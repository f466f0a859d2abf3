// What every map has: the library when it is seen, tiles if the server names some, a scale, and zoom
// buttons that a thumb hits. Without tiles it is an empty ground to draw on.
import type L from "leaflet";
import "./map.css";
import { session } from "./session.svelte";
import { webConfig } from "./web-config";

const NO_PLACE_ZOOM = 2;

export interface Ground {
  library: typeof L;
  map: L.Map;
}

// Nothing when `isGone` by the time the library has come.
export async function makeMap(element: HTMLElement, isGone: () => boolean): Promise<Ground | null> {
  const [{ default: library }, config] = await Promise.all([import("leaflet"), webConfig(), import("leaflet/dist/leaflet.css")]);
  if (isGone()) return null;
  const animate = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const map = library.map(element, { attributionControl: false, zoomAnimation: animate, fadeAnimation: animate, zoomControl: true, minZoom: NO_PLACE_ZOOM, maxZoom: 19 });
  map.setView([20, 0], NO_PLACE_ZOOM);
  if (config?.map_tiles_url) {
    library.tileLayer(config.map_tiles_url, { maxZoom: 19, crossOrigin: "anonymous" }).addTo(map);
    if (config.map_attribution) library.control.attribution({ prefix: false }).addAttribution(config.map_attribution).addTo(map);
  }
  library.control.scale({ imperial: !session.metric, metric: session.metric }).addTo(map);
  return { library, map };
}
