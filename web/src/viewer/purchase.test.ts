import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Order, OrderRequest, Quote } from "../lib/types";
import { EMPTY_FORM, type BuyerForm } from "../shop/address_form";
import { keptAttempt } from "./kept_attempt";
import { Purchase } from "./purchase.svelte";
import type { Show } from "./show.svelte";

const usd = (minor: number) => ({ minor, currency: "USD" });
const quote: Quote = { lines: [], subtotal: usd(1999), discount: usd(0), shipping: usd(0), tax: usd(0), total: usd(1999), at_us: 1, shipping_reasons: [], code_problem: null };
const order = { id: "o1", number: "1", state: "paid", receipt_token: "t", receipt_url: "/receipt/o1?token=t" } as Order;
const form: BuyerForm = { ...EMPTY_FORM, email: "maya@example.com", name: "Maya", line1: "1", city: "SF", postal_code: "94110", region: "CA" };
const till = () => Promise.resolve({ provider: "test" as const, token: "tok_ok" });
const lines = [{ variant_id: "v1", quantity: 1 }];

/** The far end of the network: answers in turn; "lost" is an answer that never came. */
type Answer = { status: number; body: unknown } | "lost";
let answers: Answer[] = [];
let sent: { path: string; body: OrderRequest }[] = [];
let playhead_us = 1_000_000;

const show = { view: { id: "s1", broadcast: { id: "b1" } }, buying_us: () => playhead_us } as unknown as Show;

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  sent = [];
  const store = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => store.set(key, value),
    removeItem: (key: string) => store.delete(key),
  });
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    sent.push({ path, body: JSON.parse(init.body as string) as OrderRequest });
    const answer = answers.shift() ?? "lost";
    if (answer === "lost") return Promise.reject(new TypeError("failed to fetch"));
    return Promise.resolve(new Response(answer.status === 204 ? null : JSON.stringify(answer.body), { status: answer.status }));
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function quoted(): Promise<Purchase> {
  const purchase = new Purchase(show, lines);
  answers = [{ status: 200, body: quote }];
  await purchase.requote();
  sent = [];
  return purchase;
}

async function place(purchase: Purchase, buyer = form): Promise<void> {
  const placing = purchase.place(buyer, till);
  await vi.runAllTimersAsync();
  await placing;
}

const refused = (code: string): Answer => ({ status: 409, body: { error: { code, message: code, fields: {} } } });

describe("where and how it is sent", () => {
  it("keeps the chosen way until the country is another one", async () => {
    const purchase = await quoted();
    answers = [quote, quote, quote, quote].map((body) => ({ status: 200, body }));
    purchase.shipBy("express");
    purchase.sendTo({ country: "US", region: "NV", postal_code: "895" });
    purchase.sendTo({ country: "US", region: "NV", postal_code: "89501" });
    purchase.sendTo({ country: "US", region: "NV", postal_code: "89501" });
    await vi.runAllTimersAsync();
    expect(sent.map((one) => one.body.shipping_method)).toEqual(["express", "express", "express"]);
    expect(sent[2]?.body).toMatchObject({ country: "US", region: "NV", postal_code: "89501" });
    purchase.sendTo({ country: "DE", region: "", postal_code: "" });
    await vi.runAllTimersAsync();
    expect(sent[3]?.body.shipping_method).toBeNull();
  });

  it("agrees to no price where the shop does not send, and to one again elsewhere", async () => {
    const purchase = await quoted();
    answers = [refused("not_shipped"), { status: 200, body: quote }];
    purchase.sendTo({ country: "FR", region: "", postal_code: "" });
    await vi.runAllTimersAsync();
    expect([purchase.quote, purchase.problem?.about]).toEqual([null, "address"]);
    purchase.sendTo({ country: "US", region: "", postal_code: "" });
    await vi.runAllTimersAsync();
    expect([purchase.quote?.total.minor, purchase.problem]).toEqual([1999, null]);
  });
});

describe("a tax that nobody can say right now", () => {
  const unknown: Answer = { status: 503, body: { error: { code: "tax_unknown", message: "raw", fields: {} } } };

  it("leaves no price to agree to, keeps the lines, and goes when there is one", async () => {
    const purchase = await quoted();
    answers = [unknown, { status: 200, body: quote }];
    purchase.sendTo({ country: "US", region: "NV", postal_code: "89501" });
    await vi.runAllTimersAsync();
    expect([purchase.quote, purchase.problem?.title, purchase.lines]).toEqual([null, "The tax is not known right now", lines]);
    await purchase.requote();
    expect([purchase.quote?.total.minor, purchase.problem]).toEqual([1999, null]);
  });

  it("ends the attempt at once: nothing was ordered, and the next one has a key of its own", async () => {
    const purchase = await quoted();
    answers = [unknown];
    await place(purchase);
    expect(sent.map((one) => one.path)).toEqual(["/api/orders"]);
    expect([purchase.uncertain, purchase.problem?.about, keptAttempt("s1")]).toEqual([false, "later", null]);
    answers = [{ status: 200, body: order }];
    await place(purchase);
    expect(sent[1]?.body.key).not.toBe(sent[0]?.body.key);
  });
});

describe("an order attempt", () => {
  it("is sent once when it is answered", async () => {
    const purchase = await quoted();
    answers = [{ status: 200, body: order }];
    await place(purchase);
    expect(purchase.order?.id).toBe("o1");
    expect(sent).toHaveLength(1);
    expect(keptAttempt("s1")).toBeNull();
  });

  it("sends exactly the same request again while no answer comes", async () => {
    const purchase = await quoted();
    answers = ["lost", { status: 503, body: {} }, { status: 200, body: order }];
    const placing = purchase.place(form, till);
    playhead_us += 5_000_000;
    await vi.runAllTimersAsync();
    await placing;
    expect(sent).toHaveLength(3);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
    expect(purchase.order?.id).toBe("o1");
  });

  it("stays the same attempt after it gave up, whatever is in the form by then", async () => {
    const purchase = await quoted();
    await place(purchase);
    expect(purchase.uncertain).toBe(true);
    expect(purchase.problem?.about).toBe("connection");
    const first = sent[0];
    sent = [];
    answers = [{ status: 200, body: order }];
    await place(purchase, { ...form, name: "Somebody else" });
    expect(sent).toEqual([first]);
    expect(purchase.uncertain).toBe(false);
  });

  it("does not ask for another price while its outcome is unknown", async () => {
    const purchase = await quoted();
    await place(purchase);
    sent = [];
    await purchase.requote();
    expect(sent).toEqual([]);
  });

  it("goes on after a reload with the same key and body", async () => {
    const purchase = await quoted();
    await place(purchase);
    const first = sent[0]?.body;
    const kept = keptAttempt("s1");
    expect(keptAttempt("another show")).toBeNull();
    if (!kept) throw new Error("the attempt was not kept");
    sent = [];
    answers = [{ status: 200, body: order }];
    await Purchase.resumed(show, kept).placeAgain();
    expect(sent[0]?.body).toEqual(first);
    expect(keptAttempt("s1")).toBeNull();
  });

  it("is over with a refusal: the next one has a key of its own", async () => {
    const purchase = await quoted();
    answers = [refused("payment_declined")];
    await place(purchase);
    expect(purchase.problem?.about).toBe("payment");
    expect(purchase.uncertain).toBe(false);
    answers = [{ status: 200, body: order }];
    await place(purchase);
    expect(sent).toHaveLength(2);
    expect(sent[1]?.body.key).not.toBe(sent[0]?.body.key);
  });

  it("asks for the price again when it has changed, and shows both", async () => {
    const purchase = await quoted();
    answers = [refused("price_changed"), { status: 200, body: { ...quote, total: usd(3200) } }];
    await place(purchase);
    expect(sent.map((one) => one.path)).toEqual(["/api/orders", "/api/quote"]);
    expect(purchase.quote?.total.minor).toBe(3200);
    expect(purchase.total_before?.minor).toBe(1999);
  });
});

describe("an order that waits for its bank", () => {
  const waiting = { ...order, state: "payment_pending", step: { kind: "test_dialog", secret: "s" }, pay_by_us: 9 } as Order;

  /** Placed, and the bank's window is open. */
  async function atBank(): Promise<Purchase> {
    const purchase = await quoted();
    answers = [{ status: 200, body: waiting }];
    const placing = purchase.place(form, till);
    await vi.advanceTimersByTimeAsync(0);
    await placing;
    expect([purchase.bank_open, purchase.order?.state]).toEqual([true, "payment_pending"]);
    sent = [];
    return purchase;
  }

  it("is paid once the bank has its yes, and is kept for a reload until then", async () => {
    const purchase = await atBank();
    expect(keptAttempt("s1")).not.toBeNull();
    answers = [{ status: 204, body: null }, { status: 200, body: { ...order, receipt_token: "", receipt_url: "/receipt/o1?token=" } }];
    await purchase.answerBank(true);
    expect(sent.map((one) => one.path)).toEqual(["/api/test-bank/o1", "/api/orders/o1/payment/check?token=t"]);
    expect([purchase.order?.state, purchase.order?.receipt_url, purchase.bank_open]).toEqual(["paid", "/receipt/o1?token=t", false]);
    expect(keptAttempt("s1")).toBeNull();
  });

  it.each([
    ["declined", "Your bank did not pay"],
    ["cancelled", "The time to pay is over"],
  ])("brings the buyer back to the form when it is %s", async (state, title) => {
    const purchase = await atBank();
    answers = [{ status: 200, body: { ...waiting, state, step: null } }, { status: 200, body: quote }];
    await vi.advanceTimersByTimeAsync(3_000);
    expect([purchase.order, purchase.problem?.title]).toEqual([null, title]);
    expect(sent.map((one) => one.path)).toEqual(["/api/orders/o1?token=t", "/api/quote"]);
    expect(keptAttempt("s1")).toBeNull();
    answers = [{ status: 200, body: order }];
    await place(purchase);
    expect(purchase.order?.state).toBe("paid");
  });

  it("goes on with the same order after a reload, and opens no window unasked", async () => {
    await atBank();
    const kept = keptAttempt("s1");
    if (!kept) throw new Error("the order was not kept");
    const again = Purchase.resumed(show, kept);
    answers = [{ status: 200, body: waiting }];
    await again.placeAgain();
    expect([again.bank_open, again.order?.step?.secret]).toEqual([false, "s"]);
    await again.takeStep();
    expect(again.bank_open).toBe(true);
  });

  it("can be given up, unless it is paid by then", async () => {
    const given_up = await atBank();
    answers = [{ status: 200, body: { ...waiting, state: "cancelled", step: null } }, { status: 200, body: quote }];
    await given_up.giveUp();
    expect([given_up.order, given_up.problem?.title]).toEqual([null, "Nothing was charged"]);
    const late = await atBank();
    answers = [refused("conflict"), { status: 200, body: order }];
    await late.giveUp();
    expect(late.order?.state).toBe("paid");
  });

  it("is not ordered at all when the form cannot say how it is paid", async () => {
    const purchase = await quoted();
    await purchase.place(form, () => Promise.resolve({ about: "payment", title: "No card", text: "" }));
    expect([purchase.problem?.title, purchase.placing, sent.length]).toEqual(["No card", false, 0]);
    await purchase.place(form, () => Promise.reject(new Error("broken")));
    expect([purchase.problem?.about, purchase.placing, sent.length]).toEqual(["payment", false, 0]);
  });
});
