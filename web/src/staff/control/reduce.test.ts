import { describe, expect, test } from "vitest";
import type { ControlView, OrderLine } from "../../lib/types";
import { needsFreshOrders, reduce, unitsOf } from "./reduce";

const S = 1_000_000;
const usd = (minor: number) => ({ minor, currency: "USD" });

const order = (id: string, change: Partial<OrderLine> = {}): OrderLine => ({
  id,
  number: id,
  placed_us: 50 * S,
  at_us: 42 * S,
  buyer_name: "Ada",
  items: "2 × Serum, 1 × Mug",
  total: usd(5_000),
  discount: usd(800),
  state: "paid",
  ...change,
});

const VIEW = {
  show: { chat: [], products: [], viewers: 3, state: "scheduled", broadcast: null },
  words: [],
  findings: [],
  gate: { state: "safe", programme_us: 60 * S },
  cues: [{ id: "c1", fired_us: null }],
  deals: [],
  orders: [],
  totals: { orders: 0, gmv: usd(0), discount: usd(0), units: 0 },
} as unknown as ControlView;

const after = (...events: [type: string, payload: unknown, at_us?: number][]) =>
  events.reduce((view, [type, payload, at_us]) => reduce(view, { type, payload, at_us: at_us ?? null }), VIEW);

describe("orders", () => {
  test("count once, however often they are told", () => {
    const view = after(["order", order("a")], ["order", order("a")], ["order", order("b", { placed_us: 60 * S })]);
    expect(view.orders.map((one) => one.id)).toEqual(["b", "a"]);
    expect(view.totals).toEqual({ orders: 2, gmv: usd(10_000), discount: usd(1_600), units: 6 });
  });

  test("count from payment on, and stay counted when cancelled", () => {
    const pending = after(["order", order("a", { state: "payment_pending" })]);
    expect(pending.totals.orders).toBe(0);
    const paid = reduce(pending, { type: "order", payload: order("a"), at_us: null });
    expect(paid.totals.gmv.minor).toBe(5_000);
    expect(reduce(paid, { type: "order", payload: order("a", { state: "cancelled" }), at_us: null }).totals.orders).toBe(1);
    expect(reduce(pending, { type: "order", payload: order("a", { state: "declined" }), at_us: null }).totals.orders).toBe(0);
  });

  test("learn what became of their payment", () => {
    const pending = after(["order", order("a", { state: "payment_pending" })]);
    const settled = reduce(pending, { type: "order.settled", payload: { id: "a", state: "paid" }, at_us: null });
    expect([settled.orders[0]?.state, settled.totals.orders, settled.totals.units]).toEqual(["paid", 1, 3]);
    expect(reduce(pending, { type: "order.settled", payload: { id: "a", state: "declined" }, at_us: null }).totals.orders).toBe(0);
  });

  test("are asked for anew when only their number is told", () => {
    const view = after(["order", order("a")]);
    const event = (type: string, payload: unknown) => needsFreshOrders(view, { type, payload, at_us: null });
    expect(event("orders.more", { count: 80 })).toBe(true);
    expect(event("order.settled", { id: "long ago", state: "paid" })).toBe(true);
    expect(event("order.settled", { id: "a", state: "paid" })).toBe(false);
    expect(event("order", order("b"))).toBe(false);
  });

  test("tell their pieces, or let them be counted", () => {
    expect(unitsOf(order("a", { units: 7 }))).toBe(7);
    expect(unitsOf(order("a"))).toBe(3);
    expect(unitsOf(order("a", { items: "2 × Dew Serum (30 ml), 1 × Mug" }))).toBe(3);
    expect(unitsOf(order("a", { items: "Candle, large" }))).toBe(1);
  });
});

test("findings come once and learn what was decided and what aired", () => {
  const decision = { kind: "clear", by: "Mara", at_wall_us: 1 };
  const view = after(
    ["finding", { id: "f", decision: null, outcome: null }],
    ["finding", { id: "f", decision: null, outcome: null }],
    ["finding.decided", { id: "f", decision }],
    ["finding.outcome", { id: "f", outcome: "cleared" }],
  );
  expect(view.findings).toEqual([{ id: "f", decision, outcome: "cleared" }]);
});

test("words older than three minutes go", () => {
  const view = after(
    ["words", { words: [{ text: "old", start_us: 0, end_us: S }] }],
    ["words", { words: [{ text: "new", start_us: 300 * S, end_us: 301 * S }] }],
  );
  expect(view.words.map((word) => word.text)).toEqual(["new"]);
});

test("a cue is stamped with the time it was fired", () => {
  expect(after(["cue.fired", { cue_id: "c1", at_us: 77 * S }]).cues[0]?.fired_us).toBe(77 * S);
  expect(after(["cue.fired", { cue_id: "c1" }, 78 * S]).cues[0]?.fired_us).toBe(78 * S);
});

test("a broadcast starts and ends", () => {
  const live = after(["broadcast.started", { broadcast: { id: "b", ended_us: null } }]);
  expect(live.show.state).toBe("live");
  const ended = reduce(live, { type: "broadcast.ended", payload: { broadcast_id: "b" }, at_us: 90 * S });
  expect([ended.show.state, ended.show.broadcast?.ended_us, ended.gate.state]).toEqual(["ended", 90 * S, "off"]);
});

test("what is not known changes nothing", () => {
  expect(after(["something.new", { x: 1 }])).toBe(VIEW);
});
