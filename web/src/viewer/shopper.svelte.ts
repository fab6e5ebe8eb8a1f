/** The shopper who is signed in at the show's shop, if any. Asked for at the checkout, not by everybody who watches. */
import { getAccount, postAddress, postLink, type AccountView, type NewAddress } from "../account/api";
import { sameAddress } from "../account/words";
import { messageOf } from "../lib/api";

export class Shopper {
  view = $state.raw<AccountView | null>(null);
  /** Where a link was sent, and for how long it works. */
  link = $state.raw<{ email: string; minutes: number } | null>(null);
  asking = $state(false);
  problem = $state<string | null>(null);

  readonly shop: string;

  constructor(shop: string) {
    this.shop = shop;
  }

  /** A guest buys as well: what cannot be known is no problem. */
  async load(): Promise<void> {
    try {
      this.view = await getAccount(this.shop);
      if (this.view.account) this.link = null;
    } catch {
      return;
    }
  }

  async ask(email: string, show: string): Promise<void> {
    this.asking = true;
    this.problem = null;
    try {
      const { minutes } = await postLink(this.shop, email, show);
      this.link = { email, minutes };
    } catch (error) {
      this.problem = messageOf(error);
    } finally {
      this.asking = false;
    }
  }

  /** Keeps an address for next time; the order stands whether or not that works. */
  async keep({ name, address }: Pick<NewAddress, "name" | "address">): Promise<void> {
    const account = this.view?.account;
    if (!account || account.addresses.some((one) => sameAddress(one, { name, address }))) return;
    try {
      await postAddress(this.shop, account, { name, address, is_default: false });
      await this.load();
    } catch {
      return;
    }
  }
}
