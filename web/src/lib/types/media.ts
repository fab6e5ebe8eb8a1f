/** The way of picture and sound from the camera to the viewers. */

/** A key on the whole programme. */
export type GateKey = "panic" | "uncover" | "cover_picture" | "dump" | "cough" | "cough_end" | "delay" | "end";

export type GateStatus = {
  state: "off" | "filling" | "safe" | "late" | "covered" | "panic" | "reconnecting" | "moving";
  delay_ms: number;
  /** Newest programme time that came in. */
  programme_us: number;
  judged_us: number;
  released_us: number;
  speech_lag_ms: number;
  ingest: {
    video: string;
    audio: string;
    width: number;
    height: number;
    fps_x100: number;
    bitrate_kbps: number;
  } | null;
  message: string | null;
  /** Pushing to the viewers' store, where the server has one. */
  store?: { state: "waiting" | "live" | "failing"; problem: string | null; waiting: number; lost: number } | null;
  /** The delay that `delay_ms` slides to, and the one the show was planned with. */
  delay_wanted_ms?: number | null;
  delay_planned_ms?: number | null;
  /** The shortest delay that leaves room for a phrase and the recogniser's lag; null while that is not known. */
  needed_ms?: number | null;
  roomy?: boolean | null;
  coughing?: boolean;
  picture_covered?: boolean;
};

/** One process of the server that takes cameras in. `others`: shows on air there that are not ours to see. */
export type MediaProcess = {
  name: string;
  state: "up" | "draining" | "silent";
  /** Of one core, over the last seconds. */
  cpu_permille: number;
  started_us: number;
  shows: { id: string; title: string; moving_to: string | null }[];
  others: number;
};

/** Another platform that the show is sent on to. `status`: null while it is off or nothing is on air. */
export type Destination = {
  id: string;
  name: string;
  server: string;
  enabled: boolean;
  status: RelayStatus | null;
};

export type RelayStatus = {
  state: "waiting" | "connecting" | "live" | "retrying";
  problem: string | null;
  bitrate_kbps: number;
  behind_ms: number;
  dropped: number;
  reconnects: number;
};

export type SourceStatus = {
  state: "connecting" | "waiting" | "live" | "retrying" | "over";
  problem: string | null;
  reconnects: number;
};

/** Where a show comes from when no encoder of its own brings it. `passphrase`: only when it was just made. */
export type Source = {
  kind: "pull" | "srt";
  shown: string;
  port: number | null;
  wanted: boolean;
  problem: string | null;
  status: SourceStatus | null;
  passphrase: string | null;
};

/** `srt`: whether the server takes SRT at all. */
export type SourceAnswer = { source: Source | null; srt: boolean };

/** What viewers get in the place of what is stopped. */
export type AirLook = {
  withheld_sound: "tone" | "silence" | "stored";
  pad_ms: number;
  fade_ms: number;
  slate_title: string;
  slate_text: string;
  slate_sound: "silence" | "withheld";
  has_picture: boolean;
  has_sound: boolean;
  /** Kept for this show or shop itself, not handed down to it. */
  own: boolean;
};
