import { expect, test } from "vitest";
import type { ControlView, PaidHost } from "../../lib/types";
import { dueWords, paidWords, shownWords } from "./disclosure";
import { reduce } from "./reduce";

const S = 1_000_000;
const NOBODY: PaidHost = { paid: false, source: "show", payer_name: null, paid_how: null, reason: null, ruled_by: null, since_us: null };
const CONTRACT: PaidHost = { ...NOBODY, paid: true, source: "contract", payer_name: "Aurora Labs", paid_how: "fee" };
const VIEW = { show: { host_is_paid: true }, paid: CONTRACT, disclosure_due_us: null, gate: {} } as unknown as ControlView;

test("how it is known is said", () => {
  expect(paidWords(CONTRACT)).toBe("Paid by Aurora Labs, a fee");
  expect(paidWords({ ...NOBODY, source: "ruling", ruled_by: "Ada", reason: "Her own brand" })).toBe("Not paid, says Ada: Her own brand");
  expect(paidWords(NOBODY)).toBe("Not paid: no contract names this host");
});

test("the reminder counts down and is then overdue", () => {
  expect(dueWords(null, 0)).toBeNull();
  expect(dueWords(100 * S, 55 * S)).toMatchObject({ overdue: false, text: expect.stringContaining("0:45") as string });
  expect(dueWords(100 * S, 100 * S)?.overdue).toBe(true);
});

test("a reminder stands until it is said, or until nobody is paid", () => {
  const due = reduce(VIEW, { type: "disclosure.due", at_us: 40 * S, payload: { at_us: 40 * S, due_us: 100 * S } });
  expect(due.disclosure_due_us).toBe(100 * S);
  expect(reduce(due, { type: "disclosure.said", at_us: 60 * S, payload: { at_us: 60 * S } }).disclosure_due_us).toBeNull();
  const ruled = reduce(due, { type: "paid.ruled", at_us: 61 * S, payload: { ...NOBODY, source: "ruling" } });
  expect([ruled.disclosure_due_us, ruled.show.host_is_paid, ruled.paid.source]).toEqual([null, false, "ruling"]);
});

test("what players say stands until the next word, and goes with the disclosure", () => {
  const told = (asked: number, shown: number, confirmed: boolean) => reduce(VIEW, { type: "disclosure.shown", at_us: null, payload: { asked, shown, confirmed } });
  expect(shownWords(told(10, 9, true).disclosure_shown)).toEqual({ confirmed: true, text: "“Paid partnership” seen by 9 of 10 players" });
  expect(shownWords(told(10, 8, false).disclosure_shown)).toMatchObject({ confirmed: false, text: expect.stringContaining("only 8 of 10") as string });
  expect(shownWords(null)).toBeNull();
  const free = reduce(told(10, 9, true), { type: "paid.ruled", at_us: 61 * S, payload: { ...NOBODY, source: "ruling" } });
  expect(free.disclosure_shown).toBeNull();
  expect(reduce(free, { type: "disclosure.shown", at_us: null, payload: { asked: 10, shown: 0, confirmed: false } }).disclosure_shown).toBeNull();
});
