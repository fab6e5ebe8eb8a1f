/** What the stand-in back end tells the staff: a script to be spoken, a run of show, books. */
import type { Cue, DealBudget, Finding, Money, OrderDetail, OrderLine, Statement, TransferView } from "../src/lib/types.ts";
import { SHOP, usd } from "./mock_data.ts";

type Stop = Pick<Finding, "rule" | "rule_title" | "verdict" | "quote" | "reason" | "citation" | "facts" | "say_instead" | "action">;

/** One sentence; `stop.quote` must occur in it. */
export const SCRIPT: { text: string; stop?: Stop }[] = [
  { text: "Hello everybody and welcome back to Slow Morning Live." },
  { text: "I am paid to host this show by Quiet Acre, so you know." },
  { text: "This is the Rainfall serum, and it is thirty two dollars on an ordinary day." },
  {
    text: "Honestly it cures eczema in about two weeks.",
    stop: {
      rule: "R1",
      rule_title: "Disease claim",
      verdict: "block",
      quote: "cures eczema in about two weeks",
      reason: "“cures” is said of eczema, a disease. A cosmetic may not claim to treat one.",
      citation: "21 CFR 101.93(g); CAP 15.6.2",
      facts: { approved_claims: ["sinks in within a minute", "the look of calmer skin"] },
      say_instead: "“Made for dry, easily irritated skin.”",
      action: "bleep",
    },
  },
  { text: "What I love is that it sinks in within a minute." },
  {
    text: "And right now it is only fourteen ninety nine.",
    stop: {
      rule: "R5",
      rule_title: "Price",
      verdict: "block",
      quote: "only fourteen ninety nine",
      reason: "No reading of the spoken amount matches the live price of the pinned product.",
      citation: "FTC Act §5",
      facts: { price: { spoken: "14.99 USD", live: "19.99 USD" } },
      say_instead: "“Nineteen ninety nine for the next minutes.”",
      action: "bleep",
    },
  },
  { text: "Let me put some on the back of my hand so that you can see it." },
  {
    text: "There are just three left, so be quick.",
    stop: {
      rule: "R9",
      rule_title: "Scarcity",
      verdict: "hold",
      quote: "just three left",
      reason: "The spoken count contradicts the stock.",
      citation: "16 CFR 233.5; CAP 3.31",
      facts: { stock: { spoken: 3, live: 24 } },
      say_instead: null,
      action: "bleep",
    },
  },
  { text: "It smells of rain, a little bit of moss, nothing loud." },
  {
    text: "I think this is the best serum I have ever used.",
    stop: {
      rule: "R10",
      rule_title: "Superlative",
      verdict: "note",
      quote: "the best serum I have ever used",
      reason: "A personal opinion; nothing measurable is claimed.",
      citation: "CAP 3.2",
      facts: {},
      say_instead: null,
      action: "none",
    },
  },
  { text: "Somebody asks whether it works under make-up, and yes, it does." },
];

const deal = (id: string, change: Partial<DealBudget>): DealBudget => ({
  id,
  product_id: "p-serum",
  kind: "price",
  title: "Live deal",
  price: usd(1999),
  percentage_bps: null,
  amount: null,
  opens_us: null,
  ends_us: null,
  total_limit: 50,
  per_buyer_limit: 2,
  sold: 0,
  form: "live_flash",
  product_ids: ["p-serum"],
  conditions: {},
  counts: "pieces",
  announces: true,
  first_paid: null,
  state: "agreed",
  market: "us-en",
  code: null,
  ended_reason: null,
  agreement: { funders: [] },
  ...change,
});

export function deals(now_us: number): DealBudget[] {
  return [
    deal("d-serum", {
      opens_us: now_us - 95_000_000,
      ends_us: now_us + 205_000_000,
      sold: 14,
      state: "open",
      agreement: {
        funders: [
          { party: "brand", name: "Quiet Acre", share_bps: 5000, budget: usd(40_000), spent: usd(8_407), held: usd(600), accepted: true },
          { party: "platform", name: "Tallylight", share_bps: 3000, budget: usd(20_000), spent: usd(5_044), held: usd(360), accepted: true },
          { party: "creator", name: "Joe Calloway", share_bps: 2000, budget: usd(6_000), spent: usd(3_363), held: usd(240), accepted: true },
        ],
      },
    }),
    deal("d-candle", {
      product_id: "p-candle",
      kind: "percentage",
      title: "Candle hour",
      price: null,
      percentage_bps: 2500,
      total_limit: 30,
      state: "draft",
      agreement: {
        funders: [
          { party: "brand", name: "Quiet Acre", share_bps: 10_000 - 4000, budget: usd(15_000), spent: usd(0), held: usd(0), accepted: true },
          { party: "platform", name: "Tallylight", share_bps: 4000, budget: usd(10_000), spent: usd(0), held: usd(0), accepted: false },
        ],
      },
    }),
  ];
}

export function cues(now_us: number): Cue[] {
  const rows: [Cue["kind"], string, string, string | null, string | null][] = [
    ["note", "Welcome, say who pays", "I am paid to host this show by Quiet Acre.", null, null],
    ["pin", "Rainfall hydrating serum", "This is the Rainfall serum. Light enough for every morning.", "p-serum", null],
    ["deal", "Live deal: serum $19.99", "And now it is flash deal time: nineteen ninety nine while it lasts.", "p-serum", "d-serum"],
    ["unpin", "Take the card away", "", null, null],
    ["pin", "Cedar and smoke candle", "Something for the evening.", "p-candle", null],
    ["deal", "Candle hour −25 %", "A quarter off, for thirty of you.", "p-candle", "d-candle"],
    ["note", "Questions from the chat", "", null, null],
  ];
  return rows.map(([kind, label, line, product_id, deal_id], i) => ({
    id: `cue-${i + 1}`,
    position: i + 1,
    kind,
    label,
    line,
    product_id,
    deal_id,
    fired_us: i < 3 ? now_us - (160 - i * 32) * 1_000_000 : null,
  }));
}

const BUYERS = ["Ada Nilsson", "Kwame Mensah", "Lucía Ortega", "Priya Raman", "Tom Becker", "Mei Lin", "Oskar Wolff"];
const ITEMS: [string, number, number][] = [
  ["1 × Rainfall hydrating serum, 30 ml", 2654, 1201],
  ["2 × Rainfall hydrating serum, 30 ml", 4813, 2402],
  ["1 × Cedar and smoke candle, Large", 4167, 0],
  ["1 × Rainfall hydrating serum, 30 ml, 1 × Speckled stoneware mug, Sand", 4706, 1201],
  ["1 × Waffle robe, M", 7344, 0],
];

export function order(n: number, placed_us: number): OrderLine {
  const [items, total, discount] = ITEMS[n % ITEMS.length] ?? ["", 0, 0];
  return {
    id: `o-${n}`,
    number: `QA-${1000 + n}`,
    placed_us,
    at_us: placed_us - 9_000_000,
    buyer_name: BUYERS[n % BUYERS.length] ?? "",
    items,
    total: usd(total),
    discount: usd(discount),
    state: n % 11 === 7 ? "payment_pending" : n % 17 === 5 ? "cancelled" : "paid",
  };
}

const iso = (us: number) => new Date(us / 1000).toISOString().replace(/\.\d+Z/, "Z");
const entry = (account: string, party: string, minor: number) => ({ account, party, amount: usd(minor) });

export function detail(line: OrderLine): OrderDetail {
  const units = Math.max(1, Math.round(line.discount.minor / 1201));
  const goods = 3200 * units;
  const discount = line.discount.minor;
  const brand = Math.round(discount * 0.5);
  const platform = Math.round(discount * 0.3);
  const creator = discount - brand - platform;
  const net = goods - discount;
  const tax = Math.round(net * 0.08);
  const shipping = line.total.minor - net - tax;
  const commission = Math.round(net * 0.12);
  const transfers: TransferView[] = [
    {
      id: `t-${line.id}-1`,
      kind: "sale",
      at: iso(line.placed_us),
      description: `Order ${line.number} paid`,
      entries: [
        entry("customer_payment", "Test payments", line.total.minor),
        entry("seller_discount", "Quiet Acre", brand),
        entry("platform_discount", "Tallylight", platform),
        entry("creator_discount", "Joe Calloway", creator),
        entry("subtotal", "Quiet Acre", -goods),
        entry("shipping", "Quiet Acre", -shipping),
        entry("tax", "Sales tax", -tax),
      ].filter((one) => one.amount.minor !== 0),
    },
    {
      id: `t-${line.id}-2`,
      kind: "commission",
      at: iso(line.placed_us),
      description: `Commission on ${line.number}, 12 % of the goods after discounts`,
      entries: [entry("affiliate_commission", "Quiet Acre", commission), entry("affiliate_commission", "Joe Calloway", -commission)],
    },
  ];
  const said = "And now it is flash deal time: nineteen ninety nine while it lasts.".split(" ");
  return {
    disputes: [],
    exchanges: [],
    order: {
      id: line.id,
      number: line.number,
      state: "paid",
      placed_us: line.placed_us,
      at_us: line.at_us,
      quote: {
        lines: [
          {
            variant_id: "v-serum-0",
            product_title: "Rainfall hydrating serum",
            variant_title: "30 ml",
            quantity: units,
            unit_list: usd(3200),
            unit_price: usd(3200 - Math.round(discount / units)),
            discount: usd(discount),
            total: usd(net),
            reasons: discount > 0 ? [{ text: "Live deal: $19.99 while it lasts", deal_id: "d-serum", discount: usd(discount) }] : [],
          },
        ],
        subtotal: usd(goods),
        discount: usd(discount),
        shipping: usd(shipping),
        tax: usd(tax),
        total: line.total,
        at_us: line.at_us,
        shipping_reasons: [],
        code_problem: null,
      },
      buyer: { email: "ada@example.com", name: line.buyer_name },
      receipt_url: "",
      receipt_token: "",
      moment_url: `/watch/slow-morning?t=${line.at_us}`,
      kept: true,
      cancelled_because: null, pay_by_us: null, step: null,
    },
    transfers,
    moment: {
      show_slug: "slow-morning",
      at_us: line.at_us,
      transcript: said.map((text, i) => ({ text, start_us: line.at_us - 4_000_000 + i * 380_000, end_us: line.at_us - 3_700_000 + i * 380_000 })),
    },
    funders: [
      { party: "brand", name: "Quiet Acre", amount: usd(brand) },
      { party: "platform", name: "Tallylight", amount: usd(platform) },
      { party: "creator", name: "Joe Calloway", amount: usd(creator) },
    ].filter((one) => one.amount.minor > 0),
    standing: null,
    refunds: [],
    left: [],
    fulfilment: { state: "waiting", carrier: null, tracking: null, changed_us: null },
  };
}

export function statements(from: string, to: string): Statement[] {
  type Row = [key: string, label: string, definition: string, minor: number, orders: number, section: "revenue" | "fees" | "reference"];
  const make = (kind: "brand" | "platform" | "creator", name: string, rows: Row[]): Statement => ({
    party: { id: `party-${kind}`, kind, name },
    from,
    to,
    lines: rows.map(([key, label, definition, minor, orders, section]) => ({ key, label, definition, amount: usd(minor), orders, section })),
    payable: sum(rows.filter(([, , , , , section]) => section !== "reference").map(([, , , minor]) => usd(minor))),
  });
  return [
    make("brand", SHOP.name, [
      ["subtotal_before_discount", "Subtotal before discount", "List price of the pieces paid for in the period, by payment time, before any discount.", 1_284_600, 312, "revenue"],
      ["seller_discount", "Seller discount", "The brand's own share of the discounts, as agreed in each deal's funding agreement.", -88_420, 208, "revenue"],
      ["shipping", "Shipping paid by customers", "Shipping fees that customers paid; the brand ships.", 92_565, 187, "revenue"],
      ["affiliate_commission", "Affiliate commission", "The creator's commission: the show's rate on the goods after all discounts, before shipping and tax.", -132_931, 312, "fees"],
      ["customer_payment", "Customer payment", "What customers paid: subtotal less every discount, with shipping and tax.", 1_288_944, 312, "reference"],
      ["platform_discount", "Platform discount", "Discounts that the platform funds. They lower what the customer pays, not what the seller earns.", -53_052, 208, "reference"],
      ["creator_co_funded_discount", "Creator co-funded discount", "Discounts that the creator funds.", -35_368, 208, "reference"],
    ]),
    make("platform", "Tallylight", [
      ["platform_discount", "Platform discount", "The platform's share of the discounts, as agreed in each deal's funding agreement; owed to the brand.", -53_052, 208, "fees"],
    ]),
    make("creator", "Joe Calloway", [
      ["affiliate_commission", "Affiliate commission", "The show's rate on the goods after all discounts, before shipping and tax.", 132_931, 312, "revenue"],
      ["creator_co_funded_discount", "Creator co-funded discount", "The creator's share of the discounts, as agreed in each deal's funding agreement.", -35_368, 208, "fees"],
    ]),
  ];
}

const sum = (all: Money[]): Money => usd(all.reduce((total, one) => total + one.minor, 0));
