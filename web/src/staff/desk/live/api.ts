/** The live desk's part of the HTTP API. */
import { call, type CallOptions } from "../../../lib/api";
import type { ChannelPosition, Finding, GateStatus, RulingKind, ShopRef, ShowState, Word } from "../../../lib/types";

/** Somebody is deciding this finding until then (the server's wall clock). */
export type Lease = { finding_id: string; person_id: string; name: string; until_wall_us: number };

export type ShownCorrection = { id: string; finding_id: string; text: string; at_us: number; until_us: number };

export type DeskShow = {
  id: string;
  slug: string;
  title: string;
  host_name: string;
  host_is_paid: boolean;
  shop: ShopRef;
  state: ShowState;
  delay_ms: number;
  hold_policy: "bleep" | "clear";
};

export type DeskView = {
  show: DeskShow;
  words: Word[];
  findings: Finding[];
  leases: Lease[];
  corrections: ShownCorrection[];
  gate: GateStatus;
  programme_url: string | null;
  channel: ChannelPosition;
  server_now_us: number;
};

export type PastDecision = {
  quote: string;
  kind: RulingKind;
  by: string;
  at_wall_us: number;
  likeness_percent: number;
  show: string;
};

/** `correction`: what a card would say; null when there is nothing to put right (yet). */
export type Background = { alike: PastDecision[]; correction: string | null };

const part = encodeURIComponent;

export const getDesk = (show: string, options?: CallOptions) =>
  call<DeskView>("GET", `/api/desk/shows/${part(show)}/live`, undefined, options);

export const getBackground = (finding: string, options?: CallOptions) =>
  call<Background>("GET", `/api/desk/findings/${part(finding)}/background`, undefined, options);

export const postLease = (finding: string) => call<Lease>("POST", `/api/desk/findings/${part(finding)}/lease`, {});

export const deleteLease = (finding: string) =>
  call<undefined>("DELETE", `/api/desk/findings/${part(finding)}/lease`, undefined, { keepalive: true });

export const postCorrection = (finding: string, text: string, seconds: number) =>
  call<ShownCorrection>("POST", `/api/desk/findings/${part(finding)}/correction`, { text, seconds });

/** The sound of a stretch of programme time, beside the undelayed programme's playlist. */
export function soundUrl(programme_url: string, from_us: number, until_us: number): string {
  return programme_url.replace(/[^/]*$/, `sound-${Math.round(from_us)}-${Math.round(until_us)}`);
}
