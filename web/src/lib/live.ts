/** Server-sent events by (epoch, offset): no gap, none twice.
 *
 * Durable events carry `id: epoch:offset`; offsets are contiguous, so a jump means that something was missed and the
 * snapshot is fetched again. `reset` says the same from the server's side. Ephemeral events carry no id.
 * A lost connection is tried again with exponential backoff and full jitter, at once when the network comes back. */
import type { ChannelPosition } from "./types";

export type LiveEvent = { type: string; at_us: number | null; payload: unknown };
export type LiveState = "connecting" | "open" | "waiting";

export type LiveOptions = {
  /** Without query: `/api/shows/{id}/events`. */
  path: string;
  position: ChannelPosition;
  /** The viewer's own random id, by which they are counted once however often they come. */
  viewer?: string;
  /** Event names to listen to; EventSource delivers only those asked for. */
  types: readonly string[];
  on_event: (event: LiveEvent) => void;
  /** Fetch the snapshot again; resolves with its position. */
  on_reset: () => Promise<ChannelPosition>;
  on_state?: (state: LiveState) => void;
  /** For tests. */
  source?: (url: string) => EventSource;
  random?: () => number;
};

export type LiveConnection = { close: () => void };

const BACKOFF_FIRST_MS = 500;
const BACKOFF_MAX_MS = 15_000;

/** Milliseconds to wait before try number `attempt` (0 is the first again): full jitter under a doubling ceiling. */
export function backoffMs(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** attempt);
  return Math.round(ceiling / 2 + random() * (ceiling / 2));
}

/** "epoch:offset" → position; null for anything else. */
export function parsePosition(id: string): ChannelPosition | null {
  const cut = id.lastIndexOf(":");
  const digits = id.slice(cut + 1);
  if (cut <= 0 || !/^\d+$/.test(digits)) return null;
  return { epoch: id.slice(0, cut), offset: Number(digits) };
}

/** What to do with a durable event, given where we stand. */
export function judge(at: ChannelPosition, event: ChannelPosition): "take" | "skip" | "reset" {
  if (event.epoch !== at.epoch) return "reset";
  if (event.offset <= at.offset) return "skip";
  return event.offset === at.offset + 1 ? "take" : "reset";
}

export function connectLive(options: LiveOptions): LiveConnection {
  const open = options.source ?? ((url: string) => new EventSource(url));
  let position = options.position;
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let closed = false;
  let resetting = false;
  let resets = 0; // in a row, with nothing taken between them

  function connect(): void {
    clearTimeout(timer);
    source?.close();
    if (closed) return;
    options.on_state?.("connecting");
    const who = options.viewer === undefined ? "" : `&viewer=${encodeURIComponent(options.viewer)}`;
    const query = `epoch=${encodeURIComponent(position.epoch)}&offset=${position.offset}${who}`;
    const current = open(`${options.path}?${query}`);
    source = current;
    current.onopen = () => {
      attempt = 0;
      options.on_state?.("open");
    };
    current.onerror = () => {
      if (current === source) retry();
    };
    for (const type of options.types) {
      current.addEventListener(type, (event) => {
        if (current === source) receive(type, event as MessageEvent<string>);
      });
    }
    current.addEventListener("reset", () => {
      if (current === source) void reset();
    });
  }

  function receive(type: string, event: MessageEvent<string>): void {
    // lastEventId sticks to later events without an id, so it means nothing on the ephemeral ones.
    const place = EPHEMERAL.has(type) ? null : parsePosition(event.lastEventId);
    if (place) {
      const verdict = judge(position, place);
      if (verdict === "skip") return;
      if (verdict === "reset") {
        void reset();
        return;
      }
      position = place;
      resets = 0;
    }
    const data = JSON.parse(event.data) as { at_us?: number | null; payload?: unknown };
    options.on_event({ type, at_us: data.at_us ?? null, payload: data.payload });
  }

  async function reset(): Promise<void> {
    if (resetting || closed) return;
    resetting = true;
    source?.close();
    source = null;
    resets += 1;
    if (resets > 1) await new Promise((done) => setTimeout(done, backoffMs(resets, options.random)));
    try {
      position = await options.on_reset();
      resetting = false;
      connect();
    } catch {
      resetting = false;
      retry(true);
    }
  }

  function retry(again = false): void {
    source?.close();
    source = null;
    if (closed) return;
    options.on_state?.("waiting");
    clearTimeout(timer);
    timer = setTimeout(() => (again ? void reset() : connect()), backoffMs(attempt, options.random));
    attempt += 1;
  }

  function onOnline(): void {
    if (source === null && !resetting) {
      attempt = 0;
      connect();
    }
  }

  function onOffline(): void {
    options.on_state?.("waiting");
  }

  const target = typeof window === "undefined" ? null : window;
  target?.addEventListener("online", onOnline);
  target?.addEventListener("offline", onOffline);
  connect();

  return {
    close() {
      closed = true;
      clearTimeout(timer);
      source?.close();
      target?.removeEventListener("online", onOnline);
      target?.removeEventListener("offline", onOffline);
    },
  };
}

/** Events that carry no id and are never replayed. */
export const EPHEMERAL: ReadonlySet<string> = new Set(["viewers", "reactions", "gate", "script.line", "finding.claimed", "disclosure.shown"]);

export const SHOW_EVENTS = [
  "paid",
  "broadcast.started",
  "broadcast.ended",
  "pin",
  "unpin",
  "deal.opened",
  "deal.ended",
  "stock",
  "deal.sold",
  "chat",
  "chat.hidden",
  "caption",
  "correction",
  "product",
  "viewers",
  "reactions",
] as const;

export const CONTROL_EVENTS = [
  "destinations",
  "source",
  "paid.ruled",
  "disclosure.due",
  "disclosure.said",
  "disclosure.shown",
  "words",
  "finding",
  "finding.decided",
  "finding.outcome",
  "finding.claimed",
  "correction",
  "cue.fired",
  "deal",
  "order",
  "order.settled",
  "orders.more",
  "ingest.refused",
  "chat",
  "chat.hidden",
  "broadcast.started",
  "broadcast.ended",
  "gate",
  "viewers",
  "script.line",
] as const;
