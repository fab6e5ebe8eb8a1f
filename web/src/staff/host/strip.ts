/** What the host's screen says at a moment. Pure; all times are the server's clock, which is programme time too. */
import type { LiveEvent } from "../../lib/live";
import type { Cue, Decision, Finding } from "../../lib/types";
import type { HostView, Stop } from "./api";

/** A stop stays this long: time to finish the sentence, look, and say it right. */
export const STOP_SHOWN_US = 40_000_000;
/** The host is reminded this long before the disclosure is overdue. */
export const REMIND_BEFORE_US = 120_000_000;
const STOPS_MAX = 3;

export function stopNow(stops: readonly Stop[], now_us: number): Stop | null {
  return stops.find((stop) => now_us - stop.start_us < STOP_SHOWN_US) ?? null;
}

export type Disclosure = { kind: "none" } | { kind: "soon"; left_us: number } | { kind: "overdue" };

export function disclosureAt(disclosure: HostView["disclosure"], now_us: number): Disclosure {
  if (!disclosure) return { kind: "none" };
  const left_us = disclosure.due_us - now_us;
  if (left_us <= 0) return { kind: "overdue" };
  return left_us <= REMIND_BEFORE_US ? { kind: "soon", left_us } : { kind: "none" };
}

/** The cue that was fired last, and the one to come. */
export function cuesAt(cues: readonly Cue[]): { current: Cue | null; next: Cue | null } {
  const fired = cues.filter((cue) => cue.fired_us !== null);
  const current = fired.reduce<Cue | null>((last, cue) => (last === null || (cue.fired_us ?? 0) >= (last.fired_us ?? 0) ? cue : last), null);
  const next = cues.find((cue) => cue.position > (current?.position ?? -Infinity) && cue.fired_us === null) ?? null;
  return { current, next };
}

/** The view after an event, and whether the server knows more of it: an approved wording, a new broadcast. */
export function take(view: HostView, event: LiveEvent): { view: HostView; ask: boolean } {
  switch (event.type) {
    case "finding": {
      const found = event.payload as Finding;
      if (found.action === "none") return { view, ask: false };
      const stop = { finding_id: found.id, rule_title: found.rule_title, quote: found.quote, start_us: found.start_us, wording: null, advice: found.say_instead };
      const others = view.stops.filter((one) => one.finding_id !== found.id);
      return { view: { ...view, stops: [stop, ...others].slice(0, STOPS_MAX) }, ask: true };
    }
    case "finding.decided": {
      const { id, decision } = event.payload as { id: string; decision: Decision };
      if (decision.kind !== "clear") return { view, ask: true };
      return { view: { ...view, stops: view.stops.filter((one) => one.finding_id !== id) }, ask: false };
    }
    case "cue.fired": {
      const { cue_id, at_us } = event.payload as { cue_id: string; at_us?: number };
      const fired_us = at_us ?? event.at_us ?? view.server_now_us;
      return { view: { ...view, cues: view.cues.map((cue) => (cue.id === cue_id ? { ...cue, fired_us } : cue)) }, ask: false };
    }
    case "paid.ruled":
    case "disclosure.due":
    case "disclosure.said":
    case "broadcast.started":
    case "broadcast.ended":
      return { view, ask: true };
    default:
      return { view, ask: false };
  }
}
