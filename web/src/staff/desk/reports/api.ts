/** The evidence reports' part of the HTTP API. Wall times are microseconds since the Unix epoch. */
import { call, type CallOptions } from "../../../lib/api";

export type PromiseVerdict = "open" | "kept" | "broken" | "unknown";

export type PromiseLine = { kind: string; quote: string; said_us: number; verdict: PromiseVerdict; reason: string };

export type ReportLine = {
  broadcast_id: string;
  title: string;
  started_us: number;
  ended_us: number | null;
  blocks: number;
  holds: number;
  notes: number;
  /** Stops that viewers did not hear. */
  kept: number;
  entries: number;
  hold: { reason: string; name: string; placed_us: number } | null;
  signature: { name: string; wall_us: number; entries: number } | null;
  promises: PromiseLine[];
  deleted_on_us: number | null;
  emptied_us: number | null;
};

export type ReportPage = { reports: ReportLine[]; retention_days: number; next: number | null };

export type ChainState = {
  intact: boolean;
  entries: number;
  head: string;
  emptied: number;
  broken: { seq: number; reason: string } | null;
};

const part = encodeURIComponent;
const of = (id: string) => `/api/desk/broadcasts/${part(id)}`;

export const getReports = (shopId: string, before: number | null, options?: CallOptions) =>
  call<ReportPage>("GET", `/api/desk/shops/${part(shopId)}/reports${before === null ? "" : `?before=${before}`}`, undefined, options);

export const getChain = (id: string, options?: CallOptions) => call<ChainState>("GET", `${of(id)}/chain`, undefined, options);

export const postSign = (id: string) => call<unknown>("POST", `${of(id)}/sign`, {});

export const postHold = (id: string, reason: string) => call<unknown>("POST", `${of(id)}/hold`, { reason });

export const postLift = (id: string, reason: string) => call<unknown>("POST", `${of(id)}/hold/lift`, { reason });

export const putRetention = (shopId: string, days: number) =>
  call<unknown>("PUT", `/api/desk/shops/${part(shopId)}/retention`, { days });

export const fileOf = (id: string, suffix: "pdf" | "json" | "zip") => `${of(id)}/report.${suffix}`;
