/** The host's part of the HTTP API. */
import { call, type CallOptions } from "../../lib/api";
import type { ChannelPosition, Cue } from "../../lib/types";
import type { DeskShow } from "../desk/live/api";

/** `wording`: approved, or read from the facts, to be said as it stands; `advice`: the rule's own. */
export type Stop = {
  finding_id: string;
  rule_title: string;
  quote: string;
  start_us: number;
  wording: string | null;
  advice: string | null;
};

export type HostView = {
  show: DeskShow;
  cues: Cue[];
  stops: Stop[];
  disclosure: { said_us: number | null; due_us: number } | null;
  channel: ChannelPosition;
  server_now_us: number;
};

export const getHost = (show: string, options?: CallOptions) =>
  call<HostView>("GET", `/api/host/shows/${encodeURIComponent(show)}`, undefined, options);
