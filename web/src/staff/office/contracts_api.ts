/** What a shop's creators are paid, and from when to when. */
import { call, type CallOptions } from "../../lib/api";
import type { PaidHow } from "../../lib/types";
import type { Host } from "./hosts";

export type Contract = {
  id: string;
  creator_name: string;
  payer_name: string;
  paid_how: PaidHow;
  from_us: number;
  until_us: number | null;
  recorded_us: number;
  /** Null: the installation's administrator. */
  recorded_by: string | null;
  /** One of the shop's people; null: a guest, bound wherever a show names its host so. */
  person_id: string | null;
  /** What that person is called now. */
  person_name: string | null;
};

export type Contracts = { contracts: Contract[]; hosts: Host[]; server_now_us: number };
export type NewContract = Pick<Contract, "creator_name" | "person_id" | "payer_name" | "paid_how"> & { from_us: number | null; until_us: number | null };

const address = (shopId: string) => `/api/office/shops/${encodeURIComponent(shopId)}/contracts`;

export const getContracts = (shopId: string, options?: CallOptions) => call<Contracts>("GET", address(shopId), undefined, options);

export const postContract = (shopId: string, contract: NewContract) => call<Contracts>("POST", address(shopId), contract);

export const postEnd = (shopId: string, contractId: string) =>
  call<Contracts>("POST", `${address(shopId)}/${encodeURIComponent(contractId)}/end`, {});

export type ContractState = "coming" | "in force" | "over";

export function stateOf(contract: Contract, now_us: number): ContractState {
  if (contract.from_us > now_us) return "coming";
  return contract.until_us === null || contract.until_us > now_us ? "in force" : "over";
}

/** Whom it binds, as they are called now. */
export const nameOf = (contract: Contract): string => contract.person_name ?? contract.creator_name;

/** How their shows are found. */
export function boundBy(contract: Contract): string {
  if (contract.person_id === null) return `Binds whom shows call “${contract.creator_name}”`;
  return contract.person_name === contract.creator_name ? "Binds this person" : `Binds this person, recorded as ${contract.creator_name}`;
}

/** The day's first moment, or with `after` the first after it, in the reader's own zone; null when it is no day. */
export function dayUs(day: string, after = false): number | null {
  const date = new Date(`${day}T00:00:00`);
  if (Number.isNaN(date.getTime())) return null;
  if (after) date.setDate(date.getDate() + 1);
  return date.getTime() * 1000;
}
