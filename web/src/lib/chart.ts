import type uPlot from "uplot";
import { whenSeen } from "./seen";

// The library of the charts, once `element` is seen. Null: no network, and it is not on this device yet.
export async function chartLibrary(element: HTMLElement): Promise<typeof uPlot | null> {
  await whenSeen(element);
  try {
    const [module] = await Promise.all([import("uplot"), import("uplot/dist/uPlot.min.css")]);
    return module.default;
  } catch {
    return null;
  }
}
