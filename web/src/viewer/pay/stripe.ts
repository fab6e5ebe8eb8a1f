/** Stripe.js, from Stripe and nowhere else (its terms), fetched only when a buyer is about to pay by it.
 *
 * The browser makes a confirmation token, our server confirms with it, and Stripe.js takes the buyer through what the
 * bank wants (3-D Secure): https://docs.stripe.com/payments/finalize-payments-on-the-server. */
import type { Appearance, Stripe, StripeElements } from "@stripe/stripe-js";
import { loadStripe } from "@stripe/stripe-js/pure";
import type { Money, OrderRequest } from "../../lib/types";

const loading = new Map<string, Promise<Stripe>>();

/** Fails when the script does not come; asking again tries again. */
function stripe(publishable_key: string): Promise<Stripe> {
  const known = loading.get(publishable_key);
  if (known) return known;
  const asked = loadStripe(publishable_key).then((loaded) => {
    if (!loaded) throw new Error("no script");
    return loaded;
  });
  asked.catch(() => loading.delete(publishable_key));
  loading.set(publishable_key, asked);
  return asked;
}

/** Stripe's own form in a frame of Stripe's: what is typed there never touches this page. */
export class StripeForm {
  readonly #stripe: Stripe;
  readonly #elements: StripeElements;

  private constructor(loaded: Stripe, elements: StripeElements) {
    this.#stripe = loaded;
    this.#elements = elements;
  }

  /** Draws the form into `node`, in the colours around it. */
  static async open(publishable_key: string, node: HTMLElement, total: Money): Promise<StripeForm> {
    const loaded = await stripe(publishable_key);
    const elements = loaded.elements({
      mode: "payment",
      amount: total.minor,
      currency: total.currency.toLowerCase(),
      captureMethod: "manual",
      appearance: appearanceOf(node),
    });
    const form = elements.create("payment", { fields: { billingDetails: { name: "never", email: "never", address: "never" } } });
    const ready = new Promise<void>((done, failed) => {
      form.on("ready", () => done());
      form.on("loaderror", () => failed(new Error("no form")));
    });
    form.mount(node);
    await ready;
    return new StripeForm(loaded, elements);
  }

  /** The price has changed: wallets show it. */
  asks(total: Money): void {
    this.#elements.update({ amount: total.minor, currency: total.currency.toLowerCase() });
  }

  /** What pays for the order, good for one try; or what is wrong, in Stripe's words for the buyer. */
  async token(buyer: OrderRequest["buyer"], return_url: string): Promise<{ token: string } | { wrong: string }> {
    const checked = await this.#elements.submit();
    if (checked.error) return { wrong: checked.error.message ?? "" };
    const { address } = buyer;
    const made = await this.#stripe.createConfirmationToken({
      elements: this.#elements,
      params: {
        return_url,
        payment_method_data: {
          billing_details: {
            name: buyer.name,
            email: buyer.email,
            phone: null,
            address: {
              line1: address.line1,
              line2: address.line2 ?? null,
              city: address.city,
              postal_code: address.postal_code,
              state: address.region ?? null,
              country: address.country,
            },
          },
        },
      },
    });
    return made.error ? { wrong: made.error.message ?? "" } : { token: made.confirmationToken.id };
  }
}

/** Takes the buyer through what the bank wants. Whatever comes of it, the server is asked afterwards. */
export async function takeStripeStep(publishable_key: string, secret: string): Promise<void> {
  await (await stripe(publishable_key)).handleNextAction({ clientSecret: secret });
}

function appearanceOf(node: HTMLElement): Appearance {
  const style = getComputedStyle(node);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    theme: style.colorScheme.includes("dark") ? "night" : "stripe",
    variables: {
      colorPrimary: colour("--accent-ink"),
      colorBackground: colour("--surface"),
      colorText: colour("--ink"),
      colorTextSecondary: colour("--ink-2"),
      colorDanger: colour("--problem"),
      borderRadius: "8px",
      fontSizeBase: "16px",
    },
  };
}
