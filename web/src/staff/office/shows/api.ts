/** What became of broadcasts: who watched, and what they bought. Times are microseconds where they say so. */
import { call, type CallOptions } from "../../../lib/api";
import type { Money } from "../../../lib/types";

export type PastShow = {
  broadcast_id: string;
  show_id: string;
  title: string;
  host_name: string;
  started_us: number;
  duration_s: number;
  /** Different ones, within 2 % or so. */
  viewers: number;
  peak: number;
  average: number;
  watched_s: number;
  average_watch_s: number;
  /** The most at once, by minute on air. */
  by_minute: number[];
  orders: number;
  revenue: Money;
  /** Orders of 10,000 viewers; null without viewers. */
  conversion_bps: number | null;
};

export const getPastShows = (shopId: string, options?: CallOptions) =>
  call<{ shows: PastShow[] }>("GET", `/api/office/shops/${encodeURIComponent(shopId)}/past-shows`, undefined, options);
