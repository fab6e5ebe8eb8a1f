import type { Cue } from "../../lib/types";

/** The first one after the last that was fired; a run of show goes on from where it is, not back to what was skipped. */
export function nextCue(cues: readonly Cue[]): Cue | null {
  const ordered = [...cues].sort((a, b) => a.position - b.position);
  const last = ordered.reduce<Cue | null>(
    (latest, cue) => (cue.fired_us !== null && cue.fired_us >= (latest?.fired_us ?? -1) ? cue : latest),
    null,
  );
  return ordered.find((cue) => cue.position > (last?.position ?? -Infinity)) ?? null;
}
