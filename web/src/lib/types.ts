/** The shapes of the HTTP API. Times end in `_us`: programme time in microseconds since the Unix epoch, unless the
 * name says `wall`. They stay below 2^53 until the year 2255, so a number holds them exactly. */

export type * from "./types/control";
export type * from "./types/deals";
export type * from "./types/findings";
export type * from "./types/goods";
export type * from "./types/media";
export type * from "./types/orders";
export type * from "./types/quotes";
export type * from "./types/shows";
export type * from "./types/staff";
export type * from "./types/statements";
