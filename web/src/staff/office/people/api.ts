/** Who works for the shop. The owner's part of the HTTP API. */
import { call, type CallOptions } from "../../../lib/api";
import type { Role } from "../../../lib/types";

export type PersonRow = {
  id: string;
  name: string;
  email: string;
  roles: Role[];
  /** The last time; null: not that it were known. */
  signed_in_us: number | null;
  /** Has signed in or has a password, and so needs nobody's link. */
  enters: boolean;
  /** Why the last mail to them did not go. */
  mail_problem: string | null;
};

export type People = { people: PersonRow[]; people_max: number; mails: boolean };

/** How somebody gets in. `path` null: as they always do, or by the mail. */
export type WayIn = { email: string; path: string | null; hours: number; mailed: boolean };

const part = encodeURIComponent;
const at = (shopId: string) => `/api/office/shops/${part(shopId)}/people`;

export const getPeople = (shopId: string, options?: CallOptions) => call<People>("GET", at(shopId), undefined, options);
export const postPerson = (shopId: string, email: string, name: string, roles: Role[]) => call<WayIn>("POST", at(shopId), { email, name, roles });
export const postLink = (shopId: string, id: string) => call<WayIn>("POST", `${at(shopId)}/${part(id)}/link`, {});
export const putRoles = (shopId: string, id: string, roles: Role[]) => call<People>("PUT", `${at(shopId)}/${part(id)}/roles`, { roles });
export const deletePerson = (shopId: string, id: string) => call<undefined>("DELETE", `${at(shopId)}/${part(id)}`);
