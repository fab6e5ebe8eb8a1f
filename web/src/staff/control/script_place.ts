/** Where the host is in the signed script: what the server knew when it was asked, moved on by `script.line`. Pure. */
import { keyOf, placesOf, type LinePlace } from "../desk/coverage";
import type { Policy, ScriptOnAir } from "../desk/types";

export type ScriptPlace = {
  script: ScriptOnAir;
  said: ReadonlySet<string>;
  /** The line that was heard last; null: none yet. */
  at: LinePlace | null;
  /** The segment whose policy counts now. */
  applies: number;
  /** The host is off the script now. */
  off: boolean;
};

export type ScriptLineEvent = {
  segment: number | null;
  line: number | null;
  applies: number;
  off: boolean;
  said: number;
  lines: number;
  /** Lines said in this step, as [segment, line]. */
  new: [number, number][];
};

export function placeAtFirst(script: ScriptOnAir): ScriptPlace {
  const last = script.said.reduce<ScriptOnAir["said"][number] | null>((newest, one) => (newest && newest.start_us > one.start_us ? newest : one), null);
  return {
    script,
    said: new Set(script.said.map(keyOf)),
    at: last && { segment: last.segment, line: last.line },
    applies: last?.segment ?? 0,
    off: false,
  };
}

export function withScriptLine(place: ScriptPlace, event: ScriptLineEvent): ScriptPlace {
  const fresh = event.new.map(([segment, line]) => keyOf({ segment, line }));
  return {
    ...place,
    said: fresh.length > 0 ? new Set([...place.said, ...fresh]) : place.said,
    at: event.segment === null || event.line === null ? place.at : { segment: event.segment, line: event.line },
    applies: event.applies,
    off: event.off,
  };
}

/** True when the event tells of lines that this place does not know of: others were missed on the way. */
export const missedLines = (place: ScriptPlace, event: ScriptLineEvent): boolean => withScriptLine(place, event).said.size < event.said;

export type ScriptView = {
  title: string;
  policy: Policy;
  /** What the host reads now; null before the first line. */
  now: string | null;
  next: string | null;
  /** The title of the segment of `next`, when it is another than that of `now`. */
  next_title: string | null;
  said: number;
  lines: number;
  off: boolean;
};

export function viewOf(place: ScriptPlace): ScriptView {
  const { segments } = place.script;
  const places = placesOf(segments);
  const textOf = (at: LinePlace | undefined | null) => (at ? (segments[at.segment]?.lines[at.line] ?? null) : null);
  // A cue may have called for another segment before the host has said a line of it.
  const ahead = place.at === null || place.at.segment !== place.applies;
  const here = place.at;
  const index = here === null ? -1 : places.findIndex((one) => keyOf(one) === keyOf(here));
  const of_applying = places.find((one) => one.segment === place.applies);
  const next = ahead ? (of_applying ?? places[index + 1]) : places[index + 1];
  const applies = segments[place.applies];
  return {
    title: applies?.title ?? "",
    policy: applies?.policy ?? "guided",
    now: textOf(place.at),
    next: textOf(next),
    next_title: next && next.segment !== place.applies ? (segments[next.segment]?.title ?? null) : null,
    said: place.said.size,
    lines: places.length,
    off: place.off,
  };
}
