import { expect, test } from "vitest";
import type { Source } from "../../lib/types";
import { lampOf, linesOf, srtAddress, withStatus } from "./source";

const PULL: Source = { kind: "pull", shown: "rtmp://media.example.com", port: null, wanted: true, problem: null, status: null, passphrase: null };

test("what is told is joined with what is kept; one that is over is off with its reason", () => {
  expect(withStatus(null, { state: "live", problem: null, reconnects: 0 })).toBeNull();
  expect(lampOf(PULL).label).toBe("CONNECTING");
  const live = withStatus(PULL, { state: "live", problem: null, reconnects: 2 });
  expect(live && [lampOf(live).label, linesOf(live)]).toEqual(["COMING IN", ["connected anew 2 times"]]);
  const away = withStatus(PULL, { state: "retrying", problem: "Nothing listens.", reconnects: 0 });
  expect(away && [lampOf(away).label, linesOf(away)]).toEqual(["TRYING AGAIN", ["Nothing listens."]]);
  const over = withStatus(PULL, { state: "over", problem: "It has no sound.", reconnects: 0 });
  expect(over && [lampOf(over).label, linesOf(over)]).toEqual(["OFF", ["It has no sound."]]);
  expect(withStatus({ ...PULL, wanted: false }, { state: "live", problem: null, reconnects: 0 })?.status).toBeNull();
});

test("an address for SRT holds with IPv6 too", () => {
  expect(srtAddress("live.example.com", 20000)).toBe("srt://live.example.com:20000");
  expect(srtAddress("::1", 20000)).toBe("srt://[::1]:20000");
});
