/** The keys on the whole programme. Pure. */

/** A dump takes back this much of what is held. */
export const DUMP_MS = 5_000;

const USUAL_MS = [2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 15_000, 20_000, 30_000];

/** The delays that can be chosen on air, with the present and the planned one among them. */
export function delaysToChoose(wanted_ms: number, planned_ms: number): number[] {
  return [...new Set([...USUAL_MS, wanted_ms, planned_ms])].sort((a, b) => a - b);
}

/** "8 s", "6.4 s": tenths where there are any. */
export function secondsOf(ms: number): string {
  return `${(Math.round(ms / 100) / 10).toString()} s`;
}
