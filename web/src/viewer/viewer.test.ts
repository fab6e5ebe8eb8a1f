import { describe, expect, it } from "vitest";
import type { Caption } from "../lib/types";
import { captionAt, withCaption } from "./captions";
import { visible, withLine, withoutLine, type Said } from "./chat_flow";
import { frameUs, mediaTimeOf, originUs } from "./playhead";
import { remedy, type Health } from "./watchdog";

const S = 1_000_000;

describe("playhead", () => {
  const date = new Date("2025-11-22T18:00:00.250Z");

  it("tells the programme time of a frame from one known moment", () => {
    const origin = originUs(date, 12.5);
    expect(frameUs(origin, 12.5)).toBe(date.getTime() * 1000);
    expect(frameUs(origin, 13.25)).toBe(date.getTime() * 1000 + 750_000);
  });

  it("is never ahead of the picture", () => {
    const origin = originUs(date, 0);
    expect(frameUs(origin, 1 / 3)).toBe(date.getTime() * 1000 + 333_333);
  });

  it("finds a programme time in a playlist with a gap", () => {
    const start = date.getTime();
    const list = [
      { programDateTime: start, start: 0, duration: 2 },
      { programDateTime: start + 60_000, start: 2, duration: 2 },
    ];
    expect(mediaTimeOf(list, start * 1000 + 1.5 * S)).toBeCloseTo(1.5);
    expect(mediaTimeOf(list, (start + 61_000) * 1000)).toBeCloseTo(3);
    expect(mediaTimeOf(list, (start + 30_000) * 1000)).toBeNull();
    expect(mediaTimeOf([{ programDateTime: null, start: 0, duration: 2 }], start * 1000)).toBeNull();
  });
});

describe("watchdog", () => {
  const well: Health = { live: true, stalled_ms: 0, behind_ms: 0, since_jump_ms: 1e6, since_reload_ms: 1e6 };

  it("leaves a running picture alone", () => {
    expect(remedy(well)).toBe("none");
    expect(remedy({ ...well, behind_ms: 9_000 })).toBe("none");
  });

  it("jumps to the live edge when it stalls or has fallen behind, and not again at once", () => {
    expect(remedy({ ...well, stalled_ms: 3_500, behind_ms: 2_000 })).toBe("jump");
    expect(remedy({ ...well, behind_ms: 11_000 })).toBe("jump");
    expect(remedy({ ...well, behind_ms: 11_000, since_jump_ms: 1_000 })).toBe("none");
  });

  it("does not jump where there is nothing ahead", () => {
    expect(remedy({ ...well, stalled_ms: 5_000, behind_ms: 0 })).toBe("none");
  });

  it("loads anew when that did not help, and gives it time", () => {
    expect(remedy({ ...well, stalled_ms: 12_000 })).toBe("reload");
    expect(remedy({ ...well, stalled_ms: 30_000, since_reload_ms: 3_000, since_jump_ms: 0 })).toBe("none");
  });

  it("never jumps in a recording", () => {
    expect(remedy({ ...well, live: false, stalled_ms: 4_000, behind_ms: 60_000 })).toBe("none");
  });
});

describe("chat", () => {
  const line = (id: string, at_us: number, over: Partial<Said> = {}): Said => ({
    id, name: "Maya", text: id, at_us, hidden: false, received_us: 0, own: false, ...over,
  }); // prettier-ignore
  const ids = (lines: Said[]) => lines.map((one) => one.id);

  it("holds a line until the frame it was said to", () => {
    const lines = [line("a", 10 * S), line("b", 20 * S)];
    expect(ids(visible(lines, 15 * S, 0, true))).toEqual(["a"]);
    expect(ids(visible(lines, 20 * S, 0, true))).toEqual(["a", "b"]);
  });

  it("shows one's own line at once, and everything before the first frame", () => {
    expect(ids(visible([line("mine", 99 * S, { own: true })], 1 * S, 0, true))).toEqual(["mine"]);
    expect(ids(visible([line("a", 99 * S)], null, 0, true))).toEqual(["a"]);
  });

  it("does not hold a live line for ever, and always in a replay", () => {
    const lines = [line("a", 99 * S, { received_us: 0 })];
    expect(ids(visible(lines, 1 * S, 13 * S, true))).toEqual(["a"]);
    expect(ids(visible(lines, 1 * S, 13 * S, false))).toEqual([]);
  });

  it("hides what is moderated away, at once", () => {
    expect(visible([line("a", 0, { hidden: true })], 1 * S, 0, true)).toEqual([]);
    expect(withoutLine([line("a", 0)], "a")).toEqual([]);
  });

  it("takes a line once, even when it comes back over the wire after being sent", () => {
    const own = withLine([], line("a", 0, { own: true }));
    const again = withLine(own, line("a", 0));
    expect(again).toHaveLength(1);
    expect(again[0]?.own).toBe(true);
  });

  it("keeps the newest two hundred", () => {
    let lines: Said[] = [];
    for (let i = 0; i < 250; i += 1) lines = withLine(lines, line(String(i), i));
    expect(lines).toHaveLength(200);
    expect(lines[0]?.id).toBe("50");
  });
});

describe("captions", () => {
  const one: Caption = { start_us: 10 * S, end_us: 12 * S, text: "one" };
  const two: Caption = { start_us: 12 * S, end_us: 14 * S, text: "two" };

  it("shows the caption of the frame, from its first word on", () => {
    const captions = withCaption(withCaption([], two), one);
    expect(captionAt(captions, 10 * S - 1)).toBeNull();
    expect(captionAt(captions, 10 * S)?.text).toBe("one");
    expect(captionAt(captions, 15 * S)?.text).toContain("two");
    expect(captionAt(captions, 16 * S)).toBeNull();
  });

  it("rolls scraps of one sentence up, up to a line", () => {
    expect(captionAt([one, two], 12 * S)?.text).toBe("one two");
    expect(captionAt([one, { ...two, start_us: 13 * S }], 13 * S)?.text).toBe("two");
    expect(captionAt([{ ...one, text: "x".repeat(89) }, two], 12 * S)?.text).toBe("two");
    expect(captionAt([{ ...one, start_us: 6 * S }, two], 12 * S)?.text).toBe("two");
  });

  it("takes a caption once", () => {
    expect(withCaption([one], { ...one })).toHaveLength(1);
  });
});
