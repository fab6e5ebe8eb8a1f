import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { backoffMs, connectLive, judge, parsePosition, type LiveEvent } from "./live";
import type { ChannelPosition } from "./types";

/** The browser's end of an event stream, driven by hand. */
class Stream extends EventTarget {
  static opened: Stream[] = [];
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  closed = false;
  constructor(readonly url: string) {
    super();
    Stream.opened.push(this);
  }
  close() {
    this.closed = true;
  }
  send(type: string, id: string, payload: unknown, at_us: number | null = null) {
    this.dispatchEvent(new MessageEvent(type, { lastEventId: id, data: JSON.stringify({ at_us, payload }) }));
  }
}

function start(on_reset: () => Promise<ChannelPosition> = () => Promise.resolve({ epoch: "e2", offset: 0 })) {
  const events: LiveEvent[] = [];
  const states: string[] = [];
  const connection = connectLive({
    path: "/events",
    position: { epoch: "e1", offset: 5 },
    types: ["pin", "chat", "viewers"],
    on_event: (event) => events.push(event),
    on_reset,
    on_state: (state) => states.push(state),
    source: (url) => new Stream(url) as unknown as EventSource,
    random: () => 0,
  });
  return { connection, events, states };
}

const last = (): Stream => {
  const stream = Stream.opened.at(-1);
  if (!stream) throw new Error("no stream was opened");
  return stream;
};

beforeEach(() => {
  vi.useFakeTimers();
  Stream.opened = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe("positions", () => {
  it("reads epoch and offset, whatever the epoch holds", () => {
    expect(parsePosition("abc:12")).toEqual({ epoch: "abc", offset: 12 });
    expect(parsePosition("a:b:12")).toEqual({ epoch: "a:b", offset: 12 });
    expect(parsePosition("")).toBeNull();
    expect(parsePosition("abc:")).toBeNull();
    expect(parsePosition(":12")).toBeNull();
  });

  it("takes the next, skips the known, resets on a gap or another epoch", () => {
    const at = { epoch: "e", offset: 5 };
    expect(judge(at, { epoch: "e", offset: 6 })).toBe("take");
    expect(judge(at, { epoch: "e", offset: 5 })).toBe("skip");
    expect(judge(at, { epoch: "e", offset: 8 })).toBe("reset");
    expect(judge(at, { epoch: "f", offset: 6 })).toBe("reset");
  });
});

describe("connectLive", () => {
  it("asks for what follows the snapshot and goes on from the last event after a drop", () => {
    const { events, states } = start();
    expect(last().url).toBe("/events?epoch=e1&offset=5");
    last().onopen?.();
    last().send("pin", "e1:6", { product_id: "p" }, 42);
    expect(events).toEqual([{ type: "pin", at_us: 42, payload: { product_id: "p" } }]);
    last().onerror?.();
    expect(states.at(-1)).toBe("waiting");
    vi.advanceTimersByTime(backoffMs(0, () => 0));
    expect(last().url).toBe("/events?epoch=e1&offset=6");
    expect(Stream.opened).toHaveLength(2);
  });

  it("never delivers a durable event twice, and always the ephemeral ones", () => {
    const { events } = start();
    last().send("chat", "e1:6", { id: "1" });
    last().send("chat", "e1:6", { id: "1" });
    last().send("viewers", "e1:6", { now: 3 });
    last().send("viewers", "", { now: 4 });
    expect(events.map((event) => event.type)).toEqual(["chat", "viewers", "viewers"]);
  });

  it("fetches the snapshot again on a gap, and on reset", async () => {
    const on_reset = vi.fn(() => Promise.resolve({ epoch: "e2", offset: 9 }));
    const { events } = start(on_reset);
    last().send("pin", "e1:8", {});
    await vi.runAllTimersAsync();
    expect(on_reset).toHaveBeenCalledOnce();
    expect(last().url).toBe("/events?epoch=e2&offset=9");
    expect(events).toEqual([]);
    last().send("pin", "e2:10", {});
    last().dispatchEvent(new MessageEvent("reset", { data: "{}" }));
    await vi.runAllTimersAsync();
    expect(on_reset).toHaveBeenCalledTimes(2);
  });

  it("keeps trying when the snapshot fails", async () => {
    let failures = 2;
    const on_reset = () =>
      failures-- > 0 ? Promise.reject(new Error("away")) : Promise.resolve({ epoch: "e3", offset: 1 });
    start(on_reset);
    last().dispatchEvent(new MessageEvent("reset", { data: "{}" }));
    await vi.runAllTimersAsync();
    expect(last().url).toBe("/events?epoch=e3&offset=1");
  });

  it("opens nothing more once closed", async () => {
    const { connection } = start();
    last().onerror?.();
    connection.close();
    await vi.runAllTimersAsync();
    expect(Stream.opened).toHaveLength(1);
  });
});

describe("backoff", () => {
  it("doubles to a ceiling, with jitter", () => {
    expect(backoffMs(0, () => 1)).toBe(500);
    expect(backoffMs(3, () => 1)).toBe(4000);
    expect(backoffMs(30, () => 1)).toBe(15_000);
    expect(backoffMs(3, () => 0)).toBe(2000);
  });
});
