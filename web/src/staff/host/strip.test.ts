import { expect, test } from "vitest";
import type { Cue, Finding } from "../../lib/types";
import type { HostView, Stop } from "./api";
import { cuesAt, disclosureAt, STOP_SHOWN_US, stopNow, take } from "./strip";

const S = 1_000_000;
const stop = (id: string, start_us: number): Stop => ({ finding_id: id, rule_title: "", quote: id, start_us, wording: null, advice: null });
const cue = (position: number, fired_us: number | null): Cue => ({
  id: `c${position}`, position, kind: "note", label: "", line: "", product_id: null, deal_id: null, fired_us,
});
const VIEW = { stops: [stop("old", 0)], cues: [cue(1, 5), cue(2, null)], disclosure: null, server_now_us: 9 } as unknown as HostView;

test("a stop stays for a while, the newest first", () => {
  expect(stopNow([stop("b", 10 * S), stop("a", 5 * S)], 12 * S)?.finding_id).toBe("b");
  expect(stopNow([stop("a", 5 * S)], 5 * S + STOP_SHOWN_US)).toBeNull();
});

test("the disclosure is reminded before it is overdue", () => {
  expect(disclosureAt(null, 0).kind).toBe("none");
  const due = { said_us: null, due_us: 600 * S };
  expect(disclosureAt(due, 479 * S).kind).toBe("none");
  expect(disclosureAt(due, 480 * S)).toEqual({ kind: "soon", left_us: 120 * S });
  expect(disclosureAt(due, 600 * S).kind).toBe("overdue");
});

test("the cue fired last is current; the next one after it is to come", () => {
  expect(cuesAt([cue(1, 3), cue(2, 9), cue(3, null)]).current?.id).toBe("c2");
  expect(cuesAt([cue(1, 3), cue(2, 9), cue(3, null)]).next?.id).toBe("c3");
  expect(cuesAt([cue(1, null)])).toEqual({ current: null, next: cue(1, null) });
});

test("what is stopped shows at once, and the server is asked for the wording", () => {
  const found = { id: "new", rule_title: "Price", quote: "nineteen", start_us: 7, action: "bleep", say_instead: "Read the card." } as Finding;
  const after = take(VIEW, { type: "finding", payload: found, at_us: 7 });
  expect(after.ask).toBe(true);
  expect(after.view.stops.map((one) => [one.finding_id, one.advice])).toEqual([["new", "Read the card."], ["old", null]]);
  expect(take(VIEW, { type: "finding", payload: { ...found, action: "none" }, at_us: 7 }).view).toBe(VIEW);
});

test("what a person clears is no stop any more", () => {
  const decided = (kind: string) => ({ type: "finding.decided", payload: { id: "old", decision: { kind } }, at_us: null });
  expect(take(VIEW, decided("clear")).view.stops).toEqual([]);
  expect(take(VIEW, decided("bleep")).view.stops).toHaveLength(1);
});

test("a fired cue moves on", () => {
  const after = take(VIEW, { type: "cue.fired", payload: { cue_id: "c2", at_us: 8 }, at_us: 8 });
  expect(cuesAt(after.view.cues).current?.id).toBe("c2");
});

test("what changes the reminder is asked for at once", () => {
  for (const type of ["paid.ruled", "disclosure.due", "disclosure.said"]) expect(take(VIEW, { type, at_us: 1, payload: {} }).ask).toBe(true);
});
