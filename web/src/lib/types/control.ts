/** The control room. */

import type { DealBudget } from "./deals";
import type { Finding, Word } from "./findings";
import type { Money } from "./goods";
import type { GateStatus } from "./media";
import type { OrderLine } from "./orders";
import type { ChannelPosition, ShowView } from "./shows";

export type Cue = {
  id: string;
  position: number;
  kind: "pin" | "unpin" | "deal" | "note";
  label: string;
  line: string;
  product_id: string | null;
  deal_id: string | null;
  fired_us: number | null;
};

export type ControlTotals = { orders: number; gmv: Money; discount: Money; units: number };

export type ControlView = {
  show: ShowView;
  words: Word[];
  findings: Finding[];
  gate: GateStatus;
  cues: Cue[];
  deals: DealBudget[];
  orders: OrderLine[];
  totals: ControlTotals;
  programme_url: string | null;
  paid: PaidHost;
  /** By when the host must say again that they are paid, once reminded; null: nothing is due. */
  disclosure_due_us: number | null;
  /** On how many players' screens it can be read that the host is paid; null: nobody was asked in the last half minute. */
  disclosure_shown: DisclosureShown | null;
  channel: ChannelPosition;
  server_now_us: number;
};

/** Of `asked` players, `shown` have it legibly on the screen. `confirmed`: enough of them for the server to count it as shown. */
export type DisclosureShown = { asked: number; shown: number; confirmed: boolean };

export type PaidHow = "commission" | "fee" | "goods" | "employed";

/** Whether the host is paid, and how that is known: a person's ruling, a contract in force, or the show's own word. */
export type PaidHost = {
  paid: boolean;
  source: "ruling" | "contract" | "show";
  payer_name: string | null;
  paid_how: PaidHow | null;
  reason: string | null;
  ruled_by: string | null;
  since_us: number | null;
};
