/** Shows as they are planned. The producer's part of the HTTP API. */
import { call, type CallOptions } from "../../../lib/api";
import type { ShowState } from "../../../lib/types";
import type { Host } from "../hosts";

export type PlannedShow = {
  id: string;
  slug: string;
  title: string;
  host_name: string;
  /** Null: a guest, known by that name alone. */
  host_person_id: string | null;
  market: string;
  delay_ms: number;
  starts_at: string | null;
  state: ShowState;
  /** When its last broadcast began; null: never, and all of it can be changed. */
  aired_us: number | null;
  cover: string | null;
};

export type PlannedShows = { shows: PlannedShow[]; next: number | null };
export type ShowChoices = { hosts: Host[]; markets: string[] };
export type ShowPlan = Pick<PlannedShow, "title" | "slug" | "host_name" | "host_person_id" | "market" | "delay_ms" | "starts_at">;

export type Shelf = { products: string[] };

const part = encodeURIComponent;
const shop = (shopId: string) => `/api/office/shops/${part(shopId)}`;

export const getShowPage = (shopId: string, after: number, options?: CallOptions) =>
  call<PlannedShows>("GET", `${shop(shopId)}/shows?after=${after}`, undefined, options);
export const getShowChoices = (shopId: string, options?: CallOptions) => call<ShowChoices>("GET", `${shop(shopId)}/show-choices`, undefined, options);
export const postShow = (shopId: string, plan: ShowPlan) => call<PlannedShow>("POST", `${shop(shopId)}/shows`, plan);
export const putShow = (showId: string, plan: ShowPlan) => call<PlannedShow>("PUT", `/api/office/shows/${part(showId)}`, plan);

const shelf = (showId: string) => `/api/office/shows/${part(showId)}/shelf`;
export const getShelf = (showId: string, options?: CallOptions) => call<Shelf>("GET", shelf(showId), undefined, options);
export const putShelf = (showId: string, products: string[]) => call<Shelf>("PUT", shelf(showId), { products });
