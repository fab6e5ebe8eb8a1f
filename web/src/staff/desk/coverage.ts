/** Which lines of a script were said. Pure. */
import type { LineSaid, Segment } from "./types";

export type LinePlace = { segment: number; line: number };
export type Coverage = { said: number; lines: number; missing: LinePlace[] };

export const keyOf = (place: LinePlace): string => `${place.segment}.${place.line}`;

/** Every line's place, in the order of the script. */
export function placesOf(segments: readonly Segment[]): LinePlace[] {
  return segments.flatMap((one, segment) => one.lines.map((_, line) => ({ segment, line })));
}

export function coverageOf(script: { segments: readonly Segment[]; said: readonly Pick<LineSaid, "segment" | "line">[] }): Coverage {
  const said = new Set(script.said.map(keyOf));
  const places = placesOf(script.segments);
  const missing = places.filter((place) => !said.has(keyOf(place)));
  return { said: places.length - missing.length, lines: places.length, missing };
}
