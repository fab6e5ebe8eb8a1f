import { expect, test } from "vitest";
import type { GateStatus } from "../../lib/types";
import { fullness, gateLamp, runOn } from "./gate";

const S = 1_000_000;
const gate = (change: Partial<GateStatus> = {}): GateStatus => ({
  state: "safe",
  delay_ms: 8_000,
  programme_us: 100 * S,
  judged_us: 98 * S,
  released_us: 92 * S,
  speech_lag_ms: 1_200,
  ingest: null,
  message: null,
  ...change,
});

test("a delay without room for a phrase and the recogniser's lag is not called safe", () => {
  expect(gateLamp(gate({ roomy: true }), false).word).toBe("SAFE");
  expect(gateLamp(gate({ roomy: false }), false)).toMatchObject({ lamp: "held", word: "SHORT" });
  expect(gateLamp(gate({ roomy: null }), false).word).toBe("SAFE");
});

test("clocks run on between reports, but not for a gate that fell silent", () => {
  expect(runOn(gate(), 0.5 * S)).toEqual({ programme_us: 100.5 * S, judged_us: 98 * S, released_us: 92.5 * S });
  expect(runOn(gate(), 60 * S).released_us).toBe(94.5 * S);
  expect(runOn(gate({ state: "off" }), S).programme_us).toBe(100 * S);
});

test("nothing is released before anything was", () => {
  expect(runOn(gate({ state: "filling", released_us: 0 }), S).released_us).toBe(0);
});

test("a delay fills from the start of the broadcast", () => {
  expect(fullness(gate(), 0)).toBe(1);
  expect(fullness(gate({ state: "filling", released_us: 0 }), 96 * S)).toBe(0.5);
  expect(fullness(gate({ state: "off" }), 0)).toBe(0);
  expect(fullness(gate({ delay_ms: 0 }), 0)).toBe(1);
});

test("a silent gate is never called safe", () => {
  expect(gateLamp(gate(), true).lamp).toBe("off");
  expect(gateLamp(gate(), false)).toMatchObject({ lamp: "safe", word: "SAFE" });
  expect(gateLamp(gate({ state: "off" }), true).word).toBe("OFF");
});
