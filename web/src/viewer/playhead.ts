/** From media time to programme time, and back. Pure. */
import { US_PER_MS, US_PER_S } from "../lib/time";

/** Programme time at media time 0 of a stretch, from one moment at which both are known. */
export function originUs(date: Date, mediaTime_s: number): number {
  return date.getTime() * US_PER_MS - Math.round(mediaTime_s * US_PER_S);
}

/** Programme time of the frame with this media time: rounded down, so that it is never ahead of the picture. */
export function frameUs(origin_us: number, mediaTime_s: number): number {
  return origin_us + Math.floor(mediaTime_s * US_PER_S);
}

export type Stretch = { programDateTime: number | null; start: number; duration: number };

/** Media time (seconds) of a programme time within a playlist; null outside it. */
export function mediaTimeOf(stretches: readonly Stretch[], programme_us: number): number | null {
  const programme_ms = programme_us / US_PER_MS;
  for (const { programDateTime, start, duration } of stretches) {
    if (programDateTime === null) continue;
    if (programme_ms >= programDateTime && programme_ms < programDateTime + duration * 1000) {
      return start + (programme_ms - programDateTime) / 1000;
    }
  }
  return null;
}
