import { expect, test } from "vitest";
import type { Destination, RelayStatus } from "../../lib/types";
import { lampOf, linesOf, summary, withStatuses } from "./destinations";

const STATUS: RelayStatus = { state: "live", problem: null, bitrate_kbps: 6012, behind_ms: 120, dropped: 0, reconnects: 0 };
const ONE: Destination = { id: "1", name: "YouTube", server: "rtmp://a/live2", enabled: true, status: null };
const OFF: Destination = { ...ONE, id: "2", enabled: false };

test("what is told is joined with what is kept, and silence takes it away", () => {
  const joined = withStatuses([ONE, OFF], [{ id: "1", ...STATUS }, { id: "2", ...STATUS }, { id: "9", ...STATUS }]);
  expect(joined.map((one) => one.status?.state ?? null)).toEqual(["live", null]);
  expect(withStatuses(joined, []).map((one) => one.status)).toEqual([null, null]);
});

test("each state has a lamp and a word", () => {
  const word = (state: RelayStatus["state"]) => lampOf({ ...ONE, status: { ...STATUS, state } });
  expect(word("live")).toEqual({ state: "air", label: "ON AIR" });
  expect(word("retrying")).toEqual({ state: "held", label: "TRYING AGAIN" });
  expect(lampOf(ONE).label).toBe("READY");
  expect(lampOf(OFF)).toEqual({ state: "off", label: "OFF" });
});

test("the line says what goes through, and what is wrong", () => {
  expect(linesOf({ ...ONE, status: STATUS })).toEqual(["6,012 kbit/s, 0.1 s behind"]);
  const troubled: RelayStatus = { ...STATUS, state: "retrying", problem: "Nothing listens.", dropped: 40, reconnects: 1 };
  expect(linesOf({ ...ONE, status: troubled })).toEqual([
    "Nothing listens.",
    "40 frames dropped: it takes less than the show sends",
    "connected anew once",
  ]);
  expect(linesOf(ONE)).toEqual([]);
});

test("the header counts those that are wanted", () => {
  expect(summary([])).toEqual({ text: "Destinations", trouble: false });
  expect(summary([{ ...ONE, status: STATUS }, OFF])).toEqual({ text: "Destinations 1/1", trouble: false });
  expect(summary([{ ...ONE, status: { ...STATUS, state: "retrying" } }]).trouble).toBe(true);
});
