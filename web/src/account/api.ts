/** A shopper's account, as the server tells of it. */
import { call, type CallOptions } from "../lib/api";
import type { Address, OrderLine } from "../lib/types";

/** As the server keeps it: null for what an address does without. */
export type KeptAddress = Omit<Address, "line2" | "region"> & { line2: string | null; region: string | null };

export type SavedAddress = { id: string; name: string; address: KeptAddress; is_default: boolean };

export type NewAddress = { name: string; address: Address; is_default: boolean };

export type Account = {
  email: string;
  csrf_token: string;
  /** On how many the shopper is signed in. */
  devices: number;
  /** The default first. */
  addresses: SavedAddress[];
};

export type AccountView = {
  shop: { slug: string; name: string; accent: string };
  can_sign_in: boolean;
  account: Account | null;
};

const part = encodeURIComponent;
const at = (shop: string, rest = "") => `/api/account/${part(shop)}${rest}`;
const signed = (account: Account) => ({ csrf: account.csrf_token });

export const getAccount = (shop: string, options?: CallOptions) => call<AccountView>("GET", at(shop), undefined, options);

export const postLink = (shop: string, email: string, show: string | null) =>
  call<{ minutes: number }>("POST", at(shop, "/links"), { email, show });

export const postAccountSession = (shop: string, token: string) => call<AccountView>("POST", at(shop, "/session"), { token });

export const deleteAccountSession = (shop: string, account: Account) =>
  call<undefined>("DELETE", at(shop, "/session"), undefined, signed(account));

export const deleteAccountSessions = (shop: string, account: Account) =>
  call<undefined>("DELETE", at(shop, "/sessions"), undefined, signed(account));

export const getOwnOrders = (shop: string, before: string | null, options?: CallOptions) =>
  call<{ orders: OrderLine[]; next: string | null }>("GET", at(shop, `/orders${before === null ? "" : `?before=${part(before)}`}`), undefined, options);

export const postReceipt = (shop: string, account: Account, order: string) =>
  call<{ url: string }>("POST", at(shop, `/orders/${part(order)}/receipt`), {}, signed(account));

export const postAddress = (shop: string, account: Account, address: NewAddress) =>
  call<SavedAddress>("POST", at(shop, "/addresses"), address, signed(account));

export const putAddress = (shop: string, account: Account, id: string, address: NewAddress) =>
  call<SavedAddress>("PUT", at(shop, `/addresses/${part(id)}`), address, signed(account));

export const deleteAddress = (shop: string, account: Account, id: string) =>
  call<undefined>("DELETE", at(shop, `/addresses/${part(id)}`), undefined, signed(account));

export const exportUrl = (shop: string) => at(shop, "/export");

export const postDeletion = (shop: string, account: Account, email: string) =>
  call<undefined>("POST", at(shop, "/deletion"), { email }, signed(account));
