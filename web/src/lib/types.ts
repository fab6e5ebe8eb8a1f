/** The shapes of the HTTP API. Times end in `_us`: programme time in microseconds since the Unix epoch, unless the
 * name says `wall`. They stay below 2^53 until the year 2255, so a number holds them exactly. */

export type Money = { minor: number; currency: string };

export type Variant = {
  id: string;
  title: string;
  sku: string | null;
  price: Money;
  compare_at: Money | null;
  /** Stock left now. */
  available: number;
  options: Record<string, string>;
};

export type Photo = { url: string; alt: string };

export type Product = {
  id: string;
  handle: string;
  title: string;
  vendor: string | null;
  description: string;
  photos: Photo[];
  variants: Variant[];
};

/** On the price of a piece, the first by priority first; then those on several pieces, on the order, by code. */
export type PriceForm = "creator_live" | "live_flash" | "campaign" | "flash" | "discount";
export type DealForm =
  | PriceForm
  | "bundle"
  | "buy_get"
  | "tiers"
  | "gift"
  | "threshold"
  | "voucher"
  | "creator_code"
  | "free_shipping";

/** When a deal of several pieces, of the order or of a code applies; each form has its own. Amounts in minor units. */
export type Conditions = {
  min_minor?: number;
  max_minor?: number;
  exclusive?: boolean;
  buy?: number;
  get?: number;
  tiers?: { quantity: number; figure: number }[];
  parts?: { product_id: string; quantity: number }[];
  gift_variant_id?: string;
  /** Pieces that may be taken in the gift's place. */
  gift_choices?: string[];
  audience?: "everyone" | "new" | "repeat" | "follower";
  /** The player tells every viewer the code. */
  offered?: boolean;
  creator_name?: string;
};

export type DealView = {
  id: string;
  /** The one product that it is for; null when `product_ids` names several, or none: then it is for everything. */
  product_id: string | null;
  kind: "price" | "percentage" | "amount";
  title: string;
  price: Money | null;
  percentage_bps: number | null;
  amount: Money | null;
  opens_us: number;
  ends_us: number;
  total_limit: number | null;
  per_buyer_limit: number | null;
  /** Pieces or orders, as `counts` says. */
  sold: number;
  /** As `sold`, by orders whose payment is pending. */
  held?: number;
  /** To viewers, only of a deal that offers it to them. */
  code?: string | null;
  form: DealForm;
  product_ids: string[];
  conditions: Conditions;
  counts: "pieces" | "orders";
  /** Whether the price before may be shown beside it, struck through. */
  announces: boolean;
  /** Whether who pays first is served first; null: as the shop does. */
  first_paid: boolean | null;
};

/** Something that holds from a programme time on; folded up to the playhead. */
export type Moment = {
  at_us: number;
  type: "pin" | "unpin" | "deal.opened" | "deal.ended";
  product_id?: string;
  deal?: DealView;
  deal_id?: string;
};

export type ChatLine = { id: string; name: string; text: string; at_us: number; hidden: boolean };

/** A card on the picture that tells viewers what is right, on the frames from `at_us` until `until_us`. */
export type Correction = { id: string; text: string; at_us: number; until_us: number };

export type Caption = { start_us: number; end_us: number; text: string };

export type ShopRef = { id: string; slug: string; name: string; accent: string; currency: string };

export type ShowState = "scheduled" | "live" | "ended";

export type BroadcastView = {
  id: string;
  started_us: number;
  ended_us: number | null;
  hls_url: string;
  replay_url: string | null;
};

export type ChannelPosition = { epoch: string; offset: number };

export type ShowView = {
  id: string;
  slug: string;
  title: string;
  host_name: string;
  host_is_paid: boolean;
  state: ShowState;
  starts_at: string | null;
  shop: ShopRef;
  delay_ms: number;
  broadcast: BroadcastView | null;
  products: Product[];
  moments: Moment[];
  chat: ChatLine[];
  captions: Caption[];
  corrections: Correction[];
  viewers: number;
  channel: ChannelPosition;
  server_now_us: number;
};

export type ShowSummary = {
  id: string;
  slug: string;
  title: string;
  host_name: string;
  state: ShowState;
  starts_at: string | null;
  shop: { name: string; slug: string; accent: string };
  cover: string | null;
};

export type LineRequest = { variant_id: string; quantity: number };

export type QuoteLine = {
  variant_id: string;
  product_title: string;
  variant_title: string;
  quantity: number;
  unit_list: Money;
  unit_price: Money;
  /** Of the whole line. */
  discount: Money;
  total: Money;
  reasons: Reason[];
};

/** `announces` false: the price before must not be shown, nor what is off it. Older quotes do not say. */
export type Reason = { text: string; deal_id: string | null; discount: Money; announces?: boolean };

export type Quote = {
  lines: QuoteLine[];
  subtotal: Money;
  discount: Money;
  shipping: Money;
  tax: Money;
  total: Money;
  at_us: number;
  /** What deals took off the shipping. */
  shipping_reasons: Reason[];
  /** Why the code that was typed took nothing off, for the buyer. */
  code_problem: string | null;
  /** All of the tax, by line and rate; older quotes have none. */
  tax_parts?: TaxPart[];
  shipping_by?: ShippingChoice | null;
  /** What a little more would bring; an order's own quote has none. */
  next_steps?: NextStep[];
};

/** Of the kind `pieces`: so many more of `variant_id`; `missing` is what the goods cost more with them. */
export type NextStep = {
  kind: "free_shipping" | "deal" | "pieces";
  missing: Money;
  title: string;
  pieces?: number;
  variant_id?: string | null;
};

export type GiftChoice = { variant_id: string; product_title: string; variant_title: string; price: Money };

/** A gift that the cart has earned. `taken`: the one that stands in the quote's lines; `costs`: what is paid for it. */
export type GiftOffer = { deal_id: string; title: string; choices: GiftChoice[]; taken: string | null; costs: Money };

/** Tax of a line (`of`: its position from 1) or of shipping (0). `included`: prices hold it already. */
export type TaxPart = { of: number; authority: string; name: string; rate_ppm: number; base: Money; tax: Money; included: boolean; text: string };

export type ShippingChoice = { id: string; name: string; days_min: number | null; days_max: number | null };

export type ShippingOption = ShippingChoice & { fee: Money };

/** What a cart costs, with the ways in which it can be sent; none for a shop with one fee for everywhere. */
export type CartQuote = Quote & {
  shipping_options?: ShippingOption[];
  gifts?: GiftOffer[];
  /** The voucher that applied by itself, since the viewer follows the shop. */
  by_follow?: { deal_id: string; title: string } | null;
};

export type AddressField = "line1" | "city" | "region" | "postal_code";

/** How an address is asked for in a country. */
export type AddressRules = {
  country: string;
  fields: AddressField[];
  required: AddressField[];
  region_label: string;
  city_label: string;
  postal_code_label: string;
  postal_code_pattern: string | null;
  postal_code_example: string | null;
  regions: { code: string; name: string }[];
};

/** Where an order goes, as far as the price depends on it. */
export type Sending = { country: string; region: string; postal_code: string };

export type Address = {
  line1: string;
  line2?: string;
  city: string;
  postal_code: string;
  region?: string;
  country: string;
};

export type OrderRequest = {
  /** Made by the client, kept across retries of one attempt. */
  key: string;
  show_id: string;
  broadcast_id: string | null;
  lines: LineRequest[];
  at_us: number;
  expected_total: Money;
  buyer: { email: string; name: string; address: Address };
  payment: { provider: PaymentWay["provider"]; token: string };
  code: string | null;
  shipping_method: string | null;
  /** Of a buyer who follows the shop: the viewer's own id, and the voucher that applied by itself. */
  follow: { viewer_id: string; deal_id: string | null } | null;
};

export type Order = {
  id: string;
  number: string;
  state: "paid" | "payment_pending" | "declined" | "cancelled";
  placed_us: number;
  /** The programme time the buyer saw. */
  at_us: number;
  quote: Quote;
  buyer: { email: string; name: string };
  receipt_url: string;
  receipt_token: string;
  moment_url: string;
  /** While the payment is pending: whether the pieces are kept for this order. */
  kept: boolean;
  /** What others had by the time that the money was sure. The money goes back. */
  cancelled_because: LostBecause | null;
  /** Wall time until which a pending payment is waited for. */
  pay_by_us: number | null;
  /** What the buyer's bank wants of the buyer before it says yes. */
  step: PaymentStep | null;
};

export type PaymentStep = { kind: "stripe" | "test_dialog" | "test_page"; secret: string };

/** A way to pay; `publishable_key` is for Stripe's script. */
export type PaymentWay = { provider: "stripe" | "test"; publishable_key: string | null };

export type LostBecause = "sold_out" | "deal_limit_reached" | "buyer_limit_reached" | "budget_exhausted" | "deal_over";

export type RefundKind = "cancel" | "refund" | "return" | "exchange" | "chargeback";

export type Refund = {
  id: string;
  kind: RefundKind;
  reason: string;
  amount: Money;
  shipping: Money;
  tax: Money;
  discount: Money;
  /** Whether the payment provider has sent the amount. */
  money: "none" | "due" | "sent" | "failed";
  problem: string | null;
  made_us: number;
  lines: { position: number; quantity: number; restocked: number; amount: Money; variant_id: string | null }[];
};

/** What an order is called once something of it was taken back. */
export type Standing = "cancelled" | "partly_refunded" | "refunded" | "disputed";

/** A payment that the buyer's bank wants back. `held`: of the amount, what is held back from the brand until its end. */
export type Dispute = {
  id: string;
  provider: string;
  reference: string;
  reason: string;
  state: "opened" | "evidence_sent" | "won" | "lost";
  amount: Money;
  held: Money;
  fee: Money | null;
  opened_us: number;
  evidence_us: number | null;
  ended_us: number | null;
  /** Until when the bank takes evidence. */
  due_us: number | null;
};

export type FulfilmentState = "waiting" | "packing" | "shipped" | "delivered" | "lost";

export type Fulfilment = { state: FulfilmentState; carrier: string | null; tracking: string | null; changed_us: number | null };

/** What was shown and said when an order was bought. `sha256` is of the document's text as it was made. */
export type OnRecord = {
  document: { transcript: { text: string; start_us: number; end_us: number }[]; clip: { from_us: number; until_us: number } | null };
  sha256: string;
  has_clip: boolean;
};

/** An order on its buyer's own page. */
export type BuyerOrder = Order & { standing: Standing | null; refunds: Refund[]; fulfilment: Fulfilment | null };

// ---- staff ----

export type Role = "owner" | "producer" | "compliance" | "finance" | "host";

export type Me = {
  person: { id: string; name: string; email: string };
  csrf_token: string;
  memberships: { shop: ShopRef; roles: Role[] }[];
};

export type Word = { text: string; start_us: number; end_us: number };

export type RulingKind = "clear" | "bleep" | "cover";

export type Decision = { kind: RulingKind; by: string; at_wall_us: number; person_id?: string | null };

export type Outcome = "bleeped" | "covered" | "cleared" | "late";

export type Finding = {
  id: string;
  rule: string;
  rule_title: string;
  verdict: "note" | "hold" | "block";
  quote: string;
  start_us: number;
  end_us: number;
  reason: string;
  citation: string;
  facts: Record<string, unknown>;
  say_instead: string | null;
  decide_by_wall_us: number;
  action: "bleep" | "cover" | "none";
  decision: Decision | null;
  outcome: Outcome | null;
};

/** A key on the whole programme. */
export type GateKey = "panic" | "uncover" | "cover_picture" | "dump" | "cough" | "cough_end" | "delay" | "end";

export type GateStatus = {
  state: "off" | "filling" | "safe" | "late" | "covered" | "panic" | "reconnecting" | "moving";
  delay_ms: number;
  /** Newest programme time that came in. */
  programme_us: number;
  judged_us: number;
  released_us: number;
  speech_lag_ms: number;
  ingest: {
    video: string;
    audio: string;
    width: number;
    height: number;
    fps_x100: number;
    bitrate_kbps: number;
  } | null;
  message: string | null;
  /** Pushing to the viewers' store, where the server has one. */
  store?: { state: "waiting" | "live" | "failing"; problem: string | null; waiting: number; lost: number } | null;
  /** The delay that `delay_ms` slides to, and the one the show was planned with. */
  delay_wanted_ms?: number | null;
  delay_planned_ms?: number | null;
  /** The shortest delay that leaves room for a phrase and the recogniser's lag; null while that is not known. */
  needed_ms?: number | null;
  roomy?: boolean | null;
  coughing?: boolean;
  picture_covered?: boolean;
};

/** One process of the server that takes cameras in. `others`: shows on air there that are not ours to see. */
export type MediaProcess = {
  name: string;
  state: "up" | "draining" | "silent";
  /** Of one core, over the last seconds. */
  cpu_permille: number;
  started_us: number;
  shows: { id: string; title: string; moving_to: string | null }[];
  others: number;
};

/** Another platform that the show is sent on to. `status`: null while it is off or nothing is on air. */
export type Destination = {
  id: string;
  name: string;
  server: string;
  enabled: boolean;
  status: RelayStatus | null;
};

export type RelayStatus = {
  state: "waiting" | "connecting" | "live" | "retrying";
  problem: string | null;
  bitrate_kbps: number;
  behind_ms: number;
  dropped: number;
  reconnects: number;
};

export type SourceStatus = {
  state: "connecting" | "waiting" | "live" | "retrying" | "over";
  problem: string | null;
  reconnects: number;
};

/** Where a show comes from when no encoder of its own brings it. `passphrase`: only when it was just made. */
export type Source = {
  kind: "pull" | "srt";
  shown: string;
  port: number | null;
  wanted: boolean;
  problem: string | null;
  status: SourceStatus | null;
  passphrase: string | null;
};

/** `srt`: whether the server takes SRT at all. */
export type SourceAnswer = { source: Source | null; srt: boolean };

/** What viewers get in the place of what is stopped. */
export type AirLook = {
  withheld_sound: "tone" | "silence" | "stored";
  pad_ms: number;
  fade_ms: number;
  slate_title: string;
  slate_text: string;
  slate_sound: "silence" | "withheld";
  has_picture: boolean;
  has_sound: boolean;
  /** Kept for this show or shop itself, not handed down to it. */
  own: boolean;
};

export type Cue = {
  id: string;
  position: number;
  kind: "pin" | "unpin" | "deal" | "note";
  label: string;
  line: string;
  product_id: string | null;
  deal_id: string | null;
  fired_us: number | null;
};

export type Funder = {
  party: "brand" | "platform" | "creator" | "supplier";
  name: string;
  share_bps: number;
  budget: Money;
  spent: Money;
  held: Money;
  accepted: boolean;
};

export type DealBudget = Omit<DealView, "opens_us" | "ends_us" | "code"> & {
  /** Null until it opens. */
  opens_us: number | null;
  ends_us: number | null;
  state: "draft" | "agreed" | "scheduled" | "open" | "ended";
  /** Whose rules on reference prices hold: "us-en", "eu-en", ... */
  market: string;
  /** The code that everybody may know. */
  code: string | null;
  ended_reason: string | null;
  agreement: { funders: Funder[] };
};

export type OrderLine = {
  id: string;
  number: string;
  placed_us: number;
  at_us: number;
  buyer_name: string;
  items: string;
  total: Money;
  discount: Money;
  state: string;
  standing?: Standing | null;
  refunded?: Money | null;
  fulfilment?: FulfilmentState | null;
  /** Of its newest dispute. */
  dispute?: Dispute["state"] | null;
  /** Pieces in the order; without it they are counted from `items`. */
  units?: number;
};

export type ControlTotals = { orders: number; gmv: Money; discount: Money; units: number };

export type ControlView = {
  show: ShowView;
  words: Word[];
  findings: Finding[];
  gate: GateStatus;
  cues: Cue[];
  deals: DealBudget[];
  orders: OrderLine[];
  totals: ControlTotals;
  programme_url: string | null;
  paid: PaidHost;
  /** By when the host must say again that they are paid, once reminded; null: nothing is due. */
  disclosure_due_us: number | null;
  channel: ChannelPosition;
  server_now_us: number;
};

export type PaidHow = "commission" | "fee" | "goods" | "employed";

/** Whether the host is paid, and how that is known: a person's ruling, a contract in force, or the show's own word. */
export type PaidHost = {
  paid: boolean;
  source: "ruling" | "contract" | "show";
  payer_name: string | null;
  paid_how: PaidHow | null;
  reason: string | null;
  ruled_by: string | null;
  since_us: number | null;
};

export type TransferView = {
  id: string;
  kind: string;
  at: string;
  description: string;
  /** Debits are positive, credits negative. */
  entries: { account: string; party: string; amount: Money }[];
};

export type OrderDetail = {
  order: Order;
  transfers: TransferView[];
  moment: { show_slug: string; at_us: number; transcript: Word[] };
  funders: { party: string; name: string; amount: Money }[];
  standing: Standing | null;
  refunds: Refund[];
  /** What can still be taken back of each line. */
  left: { position: number; product_id: string; quantity: number; amount: Money }[];
  fulfilment: Fulfilment | null;
  disputes: Dispute[];
};

export type StatementLine = {
  key: string;
  label: string;
  definition: string;
  /** + in the party's favour. */
  amount: Money;
  orders: number;
  /** Lines of `reference` are for information and not in the payable. */
  section: "balance" | "revenue" | "fees" | "adjustments" | "reserve" | "reference";
};

export type Statement = {
  party: { id: string; kind: "brand" | "platform" | "creator" | "supplier"; name: string };
  from: string;
  to: string;
  lines: StatementLine[];
  /** Below zero: the party owes it. */
  payable: Money;
};

/** One entry behind a statement line, signed as the line is. */
export type StatementEntry = {
  transfer_id: string;
  /** Null for a correction that belongs to no order. */
  order_id: string | null;
  order_number: string | null;
  at: string;
  description: string;
  amount: Money;
  at_us: number | null;
  show_slug: string | null;
};

export type ImportReport = {
  imported: number;
  updated: number;
  skipped_rows: { line: number; problem: string }[];
};
