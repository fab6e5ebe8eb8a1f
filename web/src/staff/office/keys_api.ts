/** Keys for other programs, as a warehouse's. The owner's part of the HTTP API. */
import { call, type CallOptions } from "../../lib/api";

export type Scope = "fulfilment";
export type ApiKey = { id: string; name: string; scopes: Scope[]; created_us: number; last_used_us: number | null; revoked_us: number | null };

const at = (shopId: string) => `/api/office/shops/${encodeURIComponent(shopId)}/api-keys`;

export const getKeys = (shopId: string, options?: CallOptions) => call<{ keys: ApiKey[] }>("GET", at(shopId), undefined, options);
export const postKey = (shopId: string, name: string, scopes: Scope[]) => call<{ key: string }>("POST", at(shopId), { name, scopes });
export const deleteKey = (shopId: string, id: string) => call<undefined>("DELETE", `${at(shopId)}/${encodeURIComponent(id)}`);
