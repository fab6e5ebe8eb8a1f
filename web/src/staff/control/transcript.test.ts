import { describe, expect, test } from "vitest";
import type { Finding, Word } from "../../lib/types";
import { formatShort, linesOf, lookOf, mark, relationToAir, withWords } from "./transcript";

const S = 1_000_000;
const word = (text: string, at_s: number, for_s = 0.3): Word => ({ text, start_us: at_s * S, end_us: (at_s + for_s) * S });

function finding(change: Partial<Finding> = {}): Finding {
  return {
    id: "f",
    rule: "R1",
    rule_title: "Disease claim",
    verdict: "block",
    quote: "cures eczema",
    start_us: 10 * S,
    end_us: 11 * S,
    reason: "",
    citation: "",
    facts: {},
    say_instead: null,
    decide_by_wall_us: 18 * S,
    action: "bleep",
    decision: null,
    outcome: null,
    ...change,
  };
}

const decided = (kind: "clear" | "bleep" | "cover") => finding({ decision: { kind, by: "Mara", at_wall_us: 0 } });

describe("the colour of a word", () => {
  const clock = { judged_us: 20 * S, released_us: 5 * S };

  test("is dim until the rules have seen all of it", () => {
    expect(mark(word("soap", 19.8, 0.3), [], clock).look).toBe("unjudged");
    expect(mark(word("soap", 19.5, 0.3), [], clock).look).toBe("clear");
  });

  test("is amber while a stop waits in the delay, and struck once its time is over", () => {
    expect(mark(word("eczema", 10.5), [finding()], clock).look).toBe("held");
    expect(mark(word("eczema", 10.5), [finding()], { ...clock, released_us: 10 * S }).look).toBe("stopped");
  });

  test("follows a person's ruling at once, before the gate has reported", () => {
    expect(lookOf(decided("clear"), clock)).toBe("passed");
    expect(lookOf(decided("bleep"), clock)).toBe("stopped");
    expect(lookOf(decided("cover"), clock)).toBe("stopped");
  });

  test("ends as what really aired", () => {
    expect(lookOf({ ...decided("clear"), outcome: "late" }, clock)).toBe("late");
    expect(lookOf({ ...decided("clear"), outcome: "cleared" }, clock)).toBe("passed");
    expect(lookOf(finding({ outcome: "bleeped" }), clock)).toBe("stopped");
    expect(lookOf(finding({ outcome: "covered" }), clock)).toBe("stopped");
    expect(lookOf(finding({ verdict: "note", action: "none", outcome: "cleared" }), clock)).toBe("noted");
  });

  test("touches only the words that the finding covers", () => {
    expect(mark(word("it", 9.6, 0.4), [finding()], clock).look).toBe("clear");
    expect(mark(word("cures", 9.8, 0.4), [finding()], clock).look).toBe("held");
    expect(mark(word("today", 11), [finding()], clock).look).toBe("clear");
    expect(mark({ text: "x", start_us: 10 * S, end_us: 10 * S }, [finding()], clock).look).toBe("held");
  });

  test("is the loudest of several findings", () => {
    const note = finding({ id: "n", verdict: "note", action: "none" });
    const marked = mark(word("eczema", 10.2), [note, finding(), decided("clear")], clock);
    expect(marked.look).toBe("held");
    expect(marked.finding?.id).toBe("f");
  });

  test("shows a finding even on words that the watermark has not passed", () => {
    expect(mark(word("eczema", 10.2), [finding()], { judged_us: 0, released_us: 0 }).look).toBe("held");
  });
});

describe("lines", () => {
  test("break at pauses and after sentences, not inside them", () => {
    const lines = linesOf([word("It", 0), word("costs", 0.4), word("nineteen.", 0.8), word("Buy", 1.2), word("now", 3)]);
    expect(lines.map((line) => line.words.map((one) => one.text).join(" "))).toEqual(["It costs nineteen.", "Buy", "now"]);
    expect(lines[0]?.end_us).toBeCloseTo(1.1 * S, 0);
  });

  test("never grow without end", () => {
    const words = Array.from({ length: 100 }, (_, i) => word("la", i * 0.3, 0.29));
    expect(Math.max(...linesOf(words).map((line) => line.words.length))).toBeLessThanOrEqual(22);
  });

  test("have keys of their own, even when words begin at once", () => {
    const at_once = [word("One.", 1), word("two", 1), word("three.", 1), word("Four", 1), word("five.", 1), word("Six", 9), word("six", 9)];
    const keys = linesOf(at_once).map((line) => line.key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("know their way to air", () => {
    const line = { start_us: 10 * S, end_us: 12 * S };
    expect(relationToAir(line, { judged_us: 0, released_us: 6.8 * S })).toEqual({ kind: "waiting", airs_in_us: 3.2 * S });
    expect(relationToAir(line, { judged_us: 0, released_us: 11 * S }).kind).toBe("airing");
    expect(relationToAir(line, { judged_us: 0, released_us: 12 * S }).kind).toBe("aired");
  });
});

describe("new words", () => {
  test("join in order, none twice, within the limit", () => {
    const known = [word("a", 1), word("b", 2), word("c", 3)];
    expect(withWords(known, [word("b", 2), word("d", 4)], 10).map((one) => one.text)).toEqual(["a", "b", "c", "d"]);
    expect(withWords(known, [word("both", 3)], 10).map((one) => one.text)).toEqual(["a", "b", "c", "both"]);
    expect(withWords(known, [word("d", 4)], 2).map((one) => one.text)).toEqual(["c", "d"]);
  });
});

test("short durations keep their width and never promise more time than there is less of", () => {
  expect(formatShort(3_150_000)).toBe("3.2 s");
  expect(formatShort(0)).toBe("0.0 s");
  expect(formatShort(-5)).toBe("0.0 s");
  expect(formatShort(12_100_000)).toBe("13 s");
});
