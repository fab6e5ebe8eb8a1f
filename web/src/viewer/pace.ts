/** How fast to play live when little is left to play. Pure.
 *
 * While the show's delay slides to a longer one, a second of programme takes 4 % longer to come. A player at full pace
 * would run dry again and again; a little slower, nobody notices. Catching up is hls.js's business. */

const SLOW_RATE = 0.94;
const LOW_S = 0.2;
const ENOUGH_S = 0.35;

/** The rate to play at, with `ahead_s` seconds buffered past the frame on screen and playing at `rate` so far. */
export function paceFor(ahead_s: number, rate: number): number {
  if (rate > 1) return rate; // hls.js is catching up
  if (ahead_s < LOW_S) return SLOW_RATE;
  return rate === SLOW_RATE && ahead_s < ENOUGH_S ? SLOW_RATE : 1;
}
