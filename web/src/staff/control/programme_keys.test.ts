import { expect, test } from "vitest";
import { delaysToChoose, secondsOf } from "./programme_keys";

test("the present and the planned delay can always be chosen, once each and in order", () => {
  expect(delaysToChoose(7_000, 8_000)).toEqual([2_000, 4_000, 6_000, 7_000, 8_000, 10_000, 12_000, 15_000, 20_000, 30_000]);
});

test("seconds are told to the tenth, and whole ones without", () => {
  expect([secondsOf(8_000), secondsOf(6_440), secondsOf(0)]).toEqual(["8 s", "6.4 s", "0 s"]);
});
