/** A show as its viewers see it. */

import type { DealView } from "./deals";
import type { Product, ShopRef } from "./goods";

/** Something that holds from a programme time on; folded up to the playhead. */
export type Moment = {
  at_us: number;
  type: "pin" | "unpin" | "deal.opened" | "deal.ended";
  product_id?: string;
  deal?: DealView;
  deal_id?: string;
};

export type ChatLine = { id: string; name: string; text: string; at_us: number; hidden: boolean };

/** A card on the picture that tells viewers what is right, on the frames from `at_us` until `until_us`. */
export type Correction = { id: string; text: string; at_us: number; until_us: number };

export type Caption = { start_us: number; end_us: number; text: string };

export type ShowState = "scheduled" | "live" | "ended";

export type BroadcastView = {
  id: string;
  started_us: number;
  ended_us: number | null;
  hls_url: string;
  replay_url: string | null;
};

export type ChannelPosition = { epoch: string; offset: number };

export type ShowView = {
  id: string;
  slug: string;
  title: string;
  host_name: string;
  host_is_paid: boolean;
  state: ShowState;
  starts_at: string | null;
  shop: ShopRef;
  delay_ms: number;
  broadcast: BroadcastView | null;
  products: Product[];
  moments: Moment[];
  chat: ChatLine[];
  captions: Caption[];
  corrections: Correction[];
  viewers: number;
  channel: ChannelPosition;
  server_now_us: number;
};

export type ShowSummary = {
  id: string;
  slug: string;
  title: string;
  host_name: string;
  state: ShowState;
  starts_at: string | null;
  shop: { name: string; slug: string; accent: string };
  cover: string | null;
};
