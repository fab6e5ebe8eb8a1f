import { describe, expect, test } from "vitest";
import type { Finding, Word } from "../../../lib/types";
import { soundUrl, type DeskView, type Lease } from "./api";
import { deskCommandOf } from "./keys";
import { held, inContext, neighbour, othersLease, phrases, reduce, selection, settled, together } from "./queue";
import { daysAgo } from "./words";

const S = 1_000_000;

function finding(id: string, decide_by_s: number, change: Partial<Finding> = {}): Finding {
  return {
    id, rule: "R5", rule_title: "Price", verdict: "hold", quote: "nineteen", start_us: decide_by_s * S - 8 * S,
    end_us: decide_by_s * S - 7 * S, reason: "", citation: "", facts: {}, say_instead: null,
    decide_by_wall_us: decide_by_s * S, action: "bleep", decision: null, outcome: null, ...change,
  };
}

const lease = (finding_id: string, person_id: string, until_s: number): Lease => ({ finding_id, person_id, name: person_id, until_wall_us: until_s * S });
// Each on words of its own, a second long.
const LIST = [
  finding("later", 17),
  finding("soon", 14),
  finding("airs", 15, { action: "none" }),
  finding("note", 12, { verdict: "note", action: "none" }),
  finding("ruled", 16, { decision: { kind: "clear", by: "Ada", at_wall_us: 0 } }),
  finding("gone", 9),
];

test("held and undecided come by time left; a hold that would air is held too, a note is not", () => {
  expect(held(LIST, 10 * S).map((one) => one.id)).toEqual(["soon", "airs", "later"]);
  expect(settled(LIST, 10 * S).map((one) => one.id)).toEqual(["ruled", "note", "gone"]);
});

describe("findings on the same words", () => {
  const on = (id: string, from_s: number, to_s: number, change: Partial<Finding> = {}) =>
    finding(id, 8 + from_s, { start_us: from_s * S, end_us: to_s * S, ...change });
  const list = [
    on("short", 5, 6),
    on("long", 5.1, 8),
    on("chained", 7.5, 9),
    on("apart", 9, 10),
    on("note", 5, 9, { verdict: "note", action: "none" }),
    on("ruled", 5, 6, { decision: { kind: "bleep", by: "Ada", at_wall_us: 0 } }),
  ];

  test("are one phrase, told by the longest of the most urgent", () => {
    expect(phrases(list, 10 * S).map((phrase) => phrase.map((one) => one.id))).toEqual([["long", "short", "chained"], ["apart"]]);
  });

  test("are decided together, those included that can still be changed", () => {
    const ids = (id: string) => together(list.find((one) => one.id === id) as Finding, list, 10 * S).map((one) => one.id).sort();
    expect(ids("short")).toEqual(["chained", "long", "ruled", "short"]);
    expect(ids("apart")).toEqual(["apart"]);
  });

  test("are a colleague's all together", () => {
    expect(selection(null, false, list, [lease("chained", "ben", 20)], "ada", 10 * S)).toBe("apart");
  });
});

test("a colleague's lease counts until it is over", () => {
  expect(othersLease([lease("soon", "ben", 12)], "soon", "ada", 10 * S)?.name).toBe("ben");
  expect(othersLease([lease("soon", "ben", 12)], "soon", "ada", 12 * S)).toBeNull();
  expect(othersLease([lease("soon", "ada", 12)], "soon", "ada", 10 * S)).toBeNull();
});

describe("the selection", () => {
  const at = (selected: string | null, by_hand: boolean, leases: Lease[] = []) => selection(selected, by_hand, LIST, leases, "ada", 10 * S);

  test("is the most urgent that nobody else is on", () => {
    expect(at(null, false)).toBe("soon");
    expect(at(null, false, [lease("soon", "ben", 12)])).toBe("airs");
  });

  test("never slides from under the finger", () => {
    expect(at("later", false)).toBe("later");
    expect(at("ruled", false)).toBe("soon");
    expect(at("ruled", true)).toBe("ruled");
  });

  test("stays on what was read last when nothing is held", () => {
    expect(selection("ruled", false, [finding("ruled", 1)], [], "ada", 10 * S)).toBe("ruled");
  });

  test("walks the held ones and stops at the ends", () => {
    const open = phrases(LIST, 10 * S);
    expect(neighbour("soon", open, 1)).toBe("airs");
    expect(neighbour("later", open, 1)).toBe("later");
    expect(neighbour("ruled", open, -1)).toBe("later");
    expect(neighbour(null, [], 1)).toBeNull();
  });
});

test("the words around the quote tell what it is about", () => {
  const word = (text: string, at_s: number): Word => ({ text, start_us: at_s * S, end_us: (at_s + 0.5) * S });
  const words = [word("long", -20), word("today", 5), word("nineteen", 6), word("only", 7.5), word("much", 60)];
  expect(inContext(finding("x", 14), words)).toEqual({ before: "today", quote: "nineteen", after: "only" });
  expect(inContext(finding("x", 14), [])).toEqual({ before: "", quote: "nineteen", after: "" });
});

describe("events", () => {
  const view = { findings: LIST, leases: [lease("soon", "ben", 12)], corrections: [], words: [] } as unknown as DeskView;

  test("a claim comes, is renewed and goes", () => {
    const claim = (by: unknown) => ({ type: "finding.claimed", payload: { id: "later", by }, at_us: null });
    const claimed = reduce(view, claim({ id: "ada", name: "Ada", until_wall_us: 5 }));
    expect(claimed.leases.map((one) => one.finding_id)).toEqual(["soon", "later"]);
    expect(reduce(claimed, claim({ id: "ada", name: "Ada", until_wall_us: 9 })).leases.at(-1)?.until_wall_us).toBe(9);
    expect(reduce(claimed, claim(null)).leases.map((one) => one.finding_id)).toEqual(["soon"]);
  });

  test("a decision ends the claim", () => {
    const decision = { kind: "bleep", by: "Ben", at_wall_us: 1 };
    const decided = reduce(view, { type: "finding.decided", payload: { id: "soon", decision }, at_us: null });
    expect(decided.leases).toEqual([]);
    expect(decided.findings.find((one) => one.id === "soon")?.decision).toEqual(decision);
  });

  test("a card told twice is one", () => {
    const event = { type: "correction", payload: { id: "k", finding_id: "gone", text: "x", at_us: 1, until_us: 2 }, at_us: 1 };
    expect(reduce(reduce(view, event), event).corrections).toHaveLength(1);
  });
});

describe("keys", () => {
  const press = (key: string, shiftKey = false) => ({ key, shiftKey, ctrlKey: false, altKey: false, metaKey: false, repeat: false });
  const page = { typing: false, control: false };

  test("one key each", () => {
    const keys = ["c", "b", "v", "j", "k", "t", "x", " ", "Enter", "F1", "F2", "F3"];
    expect(keys.map((key) => deskCommandOf(press(key), page, true))).toEqual(
      ["clear", "bleep", "cover", "down", "up", "take", "correct", "play", "take", "clear", "bleep", "cover"],
    );
  });

  test("letters mean nothing in a field, or when they are turned off; Space and Enter belong to a focused button", () => {
    expect(deskCommandOf(press("c"), { typing: true, control: true }, true)).toBeNull();
    expect(deskCommandOf(press("c"), page, false)).toBeNull();
    expect(deskCommandOf(press("F1"), page, false)).toBe("clear");
    expect(deskCommandOf(press(" "), { typing: false, control: true }, true)).toBeNull();
    expect(deskCommandOf(press("Enter"), { typing: false, control: true }, true)).toBeNull();
    expect(deskCommandOf({ ...press("c"), ctrlKey: true }, page, true)).toBeNull();
    expect(deskCommandOf({ ...press("c"), repeat: true }, page, true)).toBeNull();
  });
});

test("small words", () => {
  expect([0, 90_000 * S, 12 * 86_400 * S].map(daysAgo)).toEqual(["today", "yesterday", "12 days ago"]);
  expect(soundUrl("http://m/preview/a.b/live.m3u8", 5, 9)).toBe("http://m/preview/a.b/sound-5-9");
});
