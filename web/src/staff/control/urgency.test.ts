import { expect, test } from "vitest";
import type { Finding } from "../../lib/types";
import { byUrgency, canRule, isOpen, neighbour, selectionAfter, settledAs } from "./urgency";

const S = 1_000_000;

function finding(id: string, decide_by_s: number, change: Partial<Finding> = {}): Finding {
  return {
    id,
    rule: "R5",
    rule_title: "Price",
    verdict: "block",
    quote: "",
    start_us: decide_by_s * S - 8 * S,
    end_us: decide_by_s * S - 7 * S,
    reason: "",
    citation: "",
    facts: {},
    say_instead: null,
    decide_by_wall_us: decide_by_s * S,
    action: "bleep",
    decision: null,
    outcome: null,
    ...change,
  };
}

const clear = { kind: "clear", by: "Mara", at_wall_us: 0 } as const;
const LIST = [
  finding("old", 3, { outcome: "bleeped" }),
  finding("note", 12, { action: "none", verdict: "note" }),
  finding("later", 17),
  finding("soon", 14),
  finding("ruled", 15, { decision: clear }),
];

test("the least time left comes first, notes after stops, settled ones last and newest first", () => {
  expect(byUrgency(LIST, 10 * S).map((one) => one.id)).toEqual(["soon", "later", "note", "ruled", "old"]);
});

test("until it airs, the desk may change its mind", () => {
  expect(canRule(finding("ruled", 15, { decision: clear }), 10 * S)).toBe(true);
  expect(canRule(finding("ruled", 15, { decision: clear }), 15 * S)).toBe(false);
  expect(canRule(finding("aired", 15, { outcome: "bleeped" }), 10 * S)).toBe(false);
});

test("a finding is open until its time is up, somebody ruled, or it aired", () => {
  expect(LIST.map((one) => isOpen(one, 10 * S))).toEqual([false, true, true, true, false]);
  expect(isOpen(finding("x", 10), 10 * S)).toBe(false);
});

test("the selection holds still while it is open, then goes to the most urgent stop", () => {
  expect(selectionAfter(null, LIST, 10 * S)).toBe("soon");
  expect(selectionAfter("later", LIST, 10 * S)).toBe("later");
  expect(selectionAfter("ruled", LIST, 10 * S)).toBe("soon");
  expect(selectionAfter("note", LIST, 10 * S)).toBe("note");
  expect(selectionAfter("soon", LIST, 14 * S)).toBe("later");
});

test("notes are never chosen by themselves: they air unless somebody wants otherwise", () => {
  expect(selectionAfter(null, [finding("note", 12, { action: "none" })], 10 * S)).toBeNull();
});

test("arrow keys walk the open ones and stop at the ends", () => {
  expect(neighbour("soon", LIST, 10 * S, 1)).toBe("later");
  expect(neighbour("note", LIST, 10 * S, 1)).toBe("note");
  expect(neighbour(null, LIST, 10 * S, -1)).toBe("note");
  expect(neighbour(null, [], 0, 1)).toBeNull();
});

test("what became of it is said in words, with whose hand it was", () => {
  expect(settledAs(finding("a", 1, { outcome: "bleeped" })).text).toBe("Bleeped by policy");
  expect(settledAs(finding("a", 1, { decision: clear, outcome: "cleared" })).text).toBe("Cleared by Mara");
  expect(settledAs(finding("a", 1, { decision: clear, outcome: "late" })).lamp).toBe("air");
  expect(settledAs(finding("a", 1, { decision: clear, outcome: "bleeped" })).text).toBe("Cleared too late: it was bleeped");
  expect(settledAs(finding("a", 1, { action: "none" })).text).toBe("Noted");
});
