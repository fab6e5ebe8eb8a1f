/** One purchase, from the first quote to the receipt.
 *
 * An attempt is one order request with one key. While its outcome is unknown (no answer came) exactly the same request
 * is sent again; only an answer ends the attempt. So a buyer whose network breaks never pays twice. An order that waits
 * for its bank is kept too: whoever loads the page again, or comes back from the bank's page, goes on with it. */
import { ApiError, checkPayment, getOrder, giveUpPayment, postOrder, postQuote } from "../lib/api";
import { newUuid } from "../lib/ids";
import { backoffMs } from "../lib/live";
import type { CartQuote, LineRequest, Money, Order, OrderRequest, Sending } from "../lib/types";
import { buyerOf, type BuyerForm } from "../shop/address_form";
import { explain, explainQuote, leavesOpen, type Problem } from "./checkout_rules";
import { forgetAttempt, keepAttempt, type KeptAttempt } from "./kept_attempt";
import { answerTestBank, getPaymentWays, testBankUrl, type Till } from "./pay/till";
import type { Show } from "./show.svelte";

const TRIES = 4;
const PENDING_POLL_MS = 3_000;
const PENDING_MS_MAX = 15 * 60_000;
const NOT_READY: Problem = {
  about: "payment",
  title: "The payment form did not answer",
  text: "Nothing was ordered or charged. Try again, or load the page again.",
};
const DECLINED: Problem = {
  about: "payment",
  title: "Your bank did not pay",
  text: "Nothing was charged and your pieces are back on the shelf. Try again, or another way to pay.",
};
const TOO_LATE: Problem = {
  about: "payment",
  title: "The time to pay is over",
  text: "Nothing was charged and your pieces are back on the shelf. If they are still there, you can place the order again.",
};
const GIVEN_UP: Problem = {
  about: "payment",
  title: "Nothing was charged",
  text: "The order is cancelled. Choose how you want to pay and place it again.",
};

/** What a price that comes after all does away with. */
const PRICE_MISSING: ReadonlySet<Problem["about"]> = new Set(["connection", "address", "later"]);

type Choices = { code?: string; follower?: () => string | null };

export class Purchase {
  lines = $state.raw<LineRequest[]>([]);
  quote = $state.raw<CartQuote | null>(null);
  /** The total before the last change of price, to show what changed. */
  total_before = $state.raw<Money | null>(null);
  /** What the buyer typed, or came with; empty: none. The quote says whether it applies. */
  code = $state("");
  /** Why a code that had been used was left out again. */
  code_left_out = $state<string | null>(null);
  /** By deal, the variant that is wanted as its gift; null: none. A gift that is not named is put in unasked. */
  gifts = $state.raw<Record<string, string | null>>({});
  /** Where it goes, as far as the buyer has said; a price depends on it. */
  sending = $state.raw<Sending | null>(null);
  /** How it is sent; null is the place's first way. */
  shipping_method = $state<string | null>(null);
  quoting = $state(false);
  placing = $state(false);
  /** The order was sent and no answer came: the form is locked until there is one. */
  uncertain = $state(false);
  problem = $state.raw<Problem | null>(null);
  order = $state.raw<Order | null>(null);
  /** The buyer is with the bank, or the shop is asking it. */
  at_bank = $state(false);
  /** Stripe's script shows the bank's window over the page. */
  with_stripe = $state(false);
  /** The test provider's bank is open beside the picture. */
  bank_open = $state(false);

  readonly #show: Show;
  readonly #follower: () => string | null;
  #attempt: OrderRequest | null = null;
  #quote_number = 0;
  #unfollowed = false;
  #resumed = false;

  /** `follower`: the viewer's own id while they follow the shop; null: they do not. */
  constructor(show: Show, lines: LineRequest[], { code = "", follower = () => null }: Choices = {}) {
    this.#show = show;
    this.lines = lines;
    this.code = code;
    this.#follower = follower;
  }

  chooseGift(deal_id: string, variant_id: string | null): void {
    this.gifts = { ...this.gifts, [deal_id]: variant_id };
    void this.requote(true);
  }

  /** One code an order: another one takes its place, an empty one takes it away. */
  useCode(code: string): void {
    this.code = code.trim();
    this.code_left_out = null;
    void this.requote(true);
  }

  /** Goes on with an order that was sent before the page was loaded again. */
  static resumed(show: Show, kept: KeptAttempt): Purchase {
    const purchase = new Purchase(show, kept.request.lines);
    purchase.#attempt = kept.request;
    purchase.quote = kept.quote;
    purchase.uncertain = true;
    purchase.#resumed = true;
    return purchase;
  }

  /** Asks what it costs now. `moved`: by the buyer's own choice, so that no deal is blamed for another total. */
  async requote(moved = false): Promise<void> {
    if (this.placing || this.uncertain || this.order) return;
    const number = ++this.#quote_number;
    this.quoting = true;
    try {
      const quote = await postQuote({
        show_id: this.#show.view?.id ?? "",
        lines: this.lines,
        at_us: Math.floor(this.#show.buying_us()),
        code: this.code.trim() || null,
        ...(this.sending ?? {}),
        shipping_method: this.shipping_method,
        gifts: this.gifts,
        viewer_id: this.#unfollowed ? null : this.#follower(),
      });
      if (number !== this.#quote_number) return;
      if (moved) this.total_before = null;
      else if (this.quote && this.quote.total.minor !== quote.total.minor) this.total_before = this.quote.total;
      this.quote = quote;
      if (this.problem && PRICE_MISSING.has(this.problem.about)) this.problem = null;
    } catch (error) {
      if (number !== this.#quote_number || !(error instanceof ApiError)) return;
      this.problem = explainQuote(error, this.quote);
      // A price to somewhere else must not be agreed to.
      if (this.problem.about === "address" || this.problem.about === "later") this.quote = null;
      if (error.code === "no_such_shipping_method" && this.shipping_method !== null) {
        this.shipping_method = null;
        void this.requote();
      }
    } finally {
      if (number === this.#quote_number) this.quoting = false;
    }
  }

  async place(form: BuyerForm, till: Till): Promise<void> {
    if (this.placing || !this.quote) return;
    this.placing = true;
    this.problem = null;
    if (!this.#attempt) {
      const payment = await till(buyerOf(form)).catch((): Problem => NOT_READY);
      if ("about" in payment) {
        this.problem = payment;
        this.placing = false;
        return;
      }
      this.#attempt = this.#request(form, payment, this.quote);
    }
    await this.#placeAttempt(this.#attempt, this.quote);
  }

  /** Sends the order that got no answer once more. */
  async placeAgain(): Promise<void> {
    if (this.placing || !this.#attempt || !this.quote) return;
    this.placing = true;
    this.problem = null;
    await this.#placeAttempt(this.#attempt, this.quote);
  }

  async #placeAttempt(attempt: OrderRequest, quote: CartQuote): Promise<void> {
    keepAttempt({ request: attempt, quote });
    let over = false;
    try {
      const order = await this.#send(attempt);
      this.uncertain = false;
      this.#learn(order);
      over = this.order === null;
      if (order.state === "payment_pending") {
        void this.#follow(order);
        // Who comes back from the bank's page, or loads the page again, is not sent there a second time unasked.
        if (order.step && !this.#resumed) void this.takeStep();
      }
    } catch (error) {
      const failure = error instanceof ApiError ? error : new ApiError(0, "broken", "Something broke on this page.");
      this.problem = explain(failure, this.quote);
      this.#leaveOut(failure.fields["code_problem"]);
      if (leavesOpen(failure)) this.uncertain = true;
      else this.#settled();
    } finally {
      this.placing = false;
    }
    if (over || this.problem?.about === "price" || this.problem?.about === "stock") void this.requote();
  }

  /** Goes to the bank, in its window or on its page. */
  async takeStep(): Promise<void> {
    const order = this.order;
    if (!order?.step || this.at_bank) return;
    if (order.step.kind === "test_page" && window.top === window) {
      location.assign(testBankUrl(order.id, order.step));
    } else if (order.step.kind !== "stripe") {
      this.bank_open = true;
    } else {
      this.at_bank = true;
      this.with_stripe = true;
      try {
        const [{ takeStripeStep }, { ways }] = await Promise.all([import("./pay/stripe"), getPaymentWays()]);
        await takeStripeStep(ways.find((way) => way.provider === "stripe")?.publishable_key ?? "", order.step.secret);
      } catch {
        // The script, or the bank's window, did not come: the buyer can go on from the page.
      }
      this.with_stripe = false;
      this.at_bank = false;
      await this.check();
    }
  }

  /** What the buyer said in the test bank's window. */
  async answerBank(passed: boolean): Promise<void> {
    const order = this.order;
    if (!order?.step) return;
    this.at_bank = true;
    try {
      await answerTestBank(order.id, order.step.secret, passed);
    } catch {
      // Too late, or no network: what holds now is asked below.
    }
    this.at_bank = false;
    this.bank_open = false;
    await this.check();
  }

  /** Asks the shop to ask the provider now. */
  async check(): Promise<void> {
    const order = this.order;
    if (order?.state !== "payment_pending" || this.at_bank) return;
    this.at_bank = true;
    try {
      this.#learn(await checkPayment(order.id, order.receipt_token));
    } catch {
      // It is followed anyway.
    } finally {
      this.at_bank = false;
    }
  }

  /** Lets go of an order that waits for its bank, to pay for it in another way. */
  async giveUp(): Promise<void> {
    const order = this.order;
    if (order?.state !== "payment_pending" || this.at_bank) return;
    this.at_bank = true;
    try {
      const now = await giveUpPayment(order.id, order.receipt_token);
      this.#learn(now, GIVEN_UP);
    } catch {
      this.at_bank = false;
      await this.check();
    } finally {
      this.at_bank = false;
    }
  }

  /** What became of the order. One that was not paid is over, and the buyer is back at the form, told why. */
  #learn(now: Order, cancelled: Problem = TOO_LATE): void {
    const before = this.order;
    const known = before ? { receipt_token: before.receipt_token, receipt_url: before.receipt_url } : {};
    if (now.state === "payment_pending") {
      this.order = { ...now, ...known, step: now.step ?? before?.step ?? null };
      return;
    }
    this.#attempt = null;
    this.#resumed = false;
    this.bank_open = false;
    forgetAttempt();
    if (now.state === "paid" || now.cancelled_because) {
      this.order = { ...now, ...known };
    } else {
      this.order = null;
      this.problem = now.state === "declined" ? DECLINED : cancelled;
      void this.requote();
    }
  }

  /** A code that is not for this buyer, which only the desk can tell, must not come back with the next quote. */
  #leaveOut(problem: unknown): void {
    if (typeof problem !== "string") return;
    if (this.code === "") this.#unfollowed = true;
    else this.code_left_out = `${this.code.toUpperCase()}: ${problem}`;
    this.code = "";
  }

  #settled(): void {
    this.#attempt = null;
    this.#resumed = false;
    this.uncertain = false;
    forgetAttempt();
  }

  /** The buyer has said where it goes: what that costs is asked for, when it is somewhere else than before. */
  sendTo(sending: Sending): void {
    const before = this.sending;
    if (before && before.country === sending.country && before.region === sending.region && before.postal_code === sending.postal_code) return;
    // The first word on where it goes takes no choice away: what is not offered there the shop says.
    if (before && before.country !== sending.country) this.shipping_method = null;
    this.sending = sending;
    void this.requote(true);
  }

  shipBy(method: string): void {
    this.shipping_method = method;
    void this.requote(true);
  }

  #request(form: BuyerForm, payment: OrderRequest["payment"], quote: CartQuote): OrderRequest {
    const view = this.#show.view;
    return {
      key: newUuid(),
      show_id: view?.id ?? "",
      broadcast_id: view?.broadcast?.id ?? null,
      lines: withGifts(this.lines, quote),
      at_us: Math.floor(this.#show.buying_us()),
      expected_total: quote.total,
      buyer: buyerOf(form),
      payment,
      code: this.code.trim() || null,
      shipping_method: quote.shipping_by?.id ?? null,
      follow: this.#followOf(quote),
    };
  }

  /** Only an order that counts on the follow names it: it then counts for its buyer alone. */
  #followOf(quote: CartQuote): OrderRequest["follow"] {
    const viewer_id = this.#follower();
    if (viewer_id === null || (!quote.by_follow && this.code === "")) return null;
    return { viewer_id, deal_id: quote.by_follow?.deal_id ?? null };
  }

  async #send(request: OrderRequest): Promise<Order> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await postOrder(request);
      } catch (error) {
        if (!(error instanceof ApiError) || !leavesOpen(error) || attempt + 1 >= TRIES) throw error;
        await new Promise((done) => setTimeout(done, backoffMs(attempt)));
      }
    }
  }

  /** The provider has not said yet whether it paid; ask now and then. */
  async #follow(order: Order): Promise<void> {
    for (const until = Date.now() + PENDING_MS_MAX; Date.now() < until; ) {
      await new Promise((done) => setTimeout(done, PENDING_POLL_MS));
      if (this.order?.id !== order.id || this.order.state !== "payment_pending") return;
      try {
        const now = await getOrder(order.id, order.receipt_token);
        if (this.order?.id === order.id && this.order.state === "payment_pending") this.#learn(now);
      } catch {
        continue;
      }
    }
  }
}

/** What is ordered: the cart, and the gifts that the quote has put in. */
function withGifts(lines: LineRequest[], quote: CartQuote): LineRequest[] {
  if (!quote.gifts?.some((gift) => gift.taken !== null)) return lines;
  return quote.lines.map(({ variant_id, quantity }) => ({ variant_id, quantity }));
}
