/** The gate as people read it. Pure. */
import type { GateStatus } from "../../lib/types";
import type { GateClock } from "./transcript";

export type GateLamp = {
  lamp: "air" | "held" | "safe" | "off";
  word: string;
  /** What it means for the viewers, in one line. */
  text: string;
};

/** The newest report may be this old before its clocks stop running on: a gate that is silent is not safe. */
const RUN_ON_MAX_US = 2_500_000;

export const SILENT_AFTER_US = 6_000_000;

export function gateLamp(gate: GateStatus, silent: boolean): GateLamp {
  if (silent && gate.state !== "off") {
    return { lamp: "off", word: "NO REPORT", text: "The gate has not reported for some seconds" };
  }
  switch (gate.state) {
    case "off":
      return { lamp: "off", word: "OFF", text: "No camera is connected" };
    case "filling":
      return { lamp: "held", word: "FILLING", text: "The delay is being built; nothing airs yet" };
    case "safe":
      if (gate.roomy === false) {
        return { lamp: "held", word: "SHORT", text: "The delay is shorter than a phrase and the recogniser’s lag together" };
      }
      return { lamp: "safe", word: "SAFE", text: "The delay is full and speech is checked in time" };
    case "late":
      return { lamp: "air", word: "LATE", text: "Speech is not checked in time: viewers see the slate" };
    case "covered":
      return { lamp: "held", word: "COVERED", text: "Viewers see the slate" };
    case "panic":
      return { lamp: "air", word: "PANIC", text: "Picture and sound are covered until you uncover" };
    case "reconnecting":
      return { lamp: "held", word: "RECONNECTING", text: "The camera dropped; what is in the delay still airs" };
    case "moving":
      return { lamp: "held", word: "MOVING", text: "The show goes to another media process; what is in the delay still airs" };
  }
}

/** The gate's clocks now, run on from its last report. */
export function runOn(gate: GateStatus, since_us: number): GateClock & { programme_us: number } {
  const moving = gate.state !== "off" && gate.programme_us > 0;
  const on_us = moving ? Math.min(Math.max(0, since_us), RUN_ON_MAX_US) : 0;
  const camera_us = gate.state === "reconnecting" || gate.state === "moving" ? 0 : on_us;
  return {
    programme_us: gate.programme_us + camera_us,
    judged_us: gate.judged_us,
    released_us: gate.released_us > 0 ? Math.min(gate.released_us + on_us, gate.programme_us + camera_us) : 0,
  };
}

/** How full the delay is, 0..1. */
export function fullness(gate: GateStatus, started_us: number | null): number {
  if (gate.delay_ms === 0) return gate.state === "off" ? 0 : 1;
  if (gate.state === "off" || gate.programme_us === 0) return 0;
  const oldest_us = gate.released_us > 0 ? gate.released_us : (started_us ?? gate.programme_us);
  return Math.min(1, Math.max(0, (gate.programme_us - oldest_us) / (gate.delay_ms * 1_000)));
}
