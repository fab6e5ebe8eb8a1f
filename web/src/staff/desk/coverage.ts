/** Which lines of a script were said, and what became of words beyond it. Pure. */
import type { Finding } from "../../lib/types";
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

const OUTCOME = { bleeped: "bleeped", covered: "covered", cleared: "aired", late: "came late, covered" } as const;

/** What viewers got of a stretch off the script. A stretch that was only noted may hold words that a rule stopped. */
export function becameOf(stretch: Finding, findings: readonly Finding[]): string {
  if (stretch.verdict !== "note") return stretch.outcome === null ? "not decided yet" : OUTCOME[stretch.outcome];
  const within = findings.filter((one) => one.rule !== "SCRIPT" && one.verdict !== "note" && one.start_us < stretch.end_us && one.end_us > stretch.start_us);
  const stopped = within.filter((one) => one.outcome !== null && one.outcome !== "cleared").map((one) => one.rule);
  if (stopped.length > 0) return `noted; not aired of it: ${[...new Set(stopped)].join(", ")}`;
  return within.some((one) => one.outcome === null) ? "noted, something in it not decided yet" : "noted, aired";
}
