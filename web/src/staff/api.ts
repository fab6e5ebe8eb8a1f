/** The staff's part of the HTTP API. */
import { call, type CallOptions } from "../lib/api";
import type {
  AirLook,
  ControlView,
  DealBudget,
  Decision,
  Destination,
  MediaProcess,
  GateKey,
  ImportReport,
  Me,
  OrderDetail,
  OrderLine,
  PaidHost,
  Product,
  RulingKind,
  ShowSummary,
  SourceAnswer,
  Statement,
  StatementEntry,
} from "../lib/types";

const part = encodeURIComponent;
const IMPORT_TIMEOUT_MS = 120_000;

export const postSession = (email: string, password: string) => call<Me>("POST", "/api/session", { email, password });

export const postSessionLink = (token: string) => call<Me>("POST", "/api/session/link", { token });

export const deleteSession = () => call<undefined>("DELETE", "/api/session");

export const getControlShows = (options?: CallOptions) =>
  call<{ shows: ShowSummary[] }>("GET", "/api/control/shows", undefined, options);

export const getControl = (idOrSlug: string, options?: CallOptions) =>
  call<ControlView>("GET", `/api/control/shows/${part(idOrSlug)}`, undefined, options);

export const postFire = (showId: string, cueId: string) =>
  call<{ at_us: number }>("POST", `/api/control/shows/${part(showId)}/cues/${part(cueId)}/fire`, {});

/** `instead_of`: the colleague's decision that this one replaces; without it the server refuses to. */
export const postDecision = (findingId: string, kind: RulingKind, instead_of: RulingKind | null) =>
  call<Decision>("POST", `/api/control/findings/${part(findingId)}/decision`, { kind, instead_of });

export const postGate = (showId: string, kind: GateKey, amount_ms?: number) =>
  call<unknown>("POST", `/api/control/shows/${part(showId)}/gate`, amount_ms === undefined ? { kind } : { kind, amount_ms });

export const putPaid = (showId: string, paid: boolean | null, reason: string) =>
  call<PaidHost>("PUT", `/api/control/shows/${part(showId)}/paid`, { paid, reason });

export const postHideChat = (showId: string, messageId: string) =>
  call<unknown>("POST", `/api/control/shows/${part(showId)}/chat/${part(messageId)}/hide`, {});

export const getPreview = (showId: string) =>
  call<{ programme_url: string | null }>("GET", `/api/control/shows/${part(showId)}/preview`);

export const postStreamKey = (showId: string) =>
  call<{ server: string; key: string }>("POST", `/api/control/shows/${part(showId)}/stream-key`, {});

export const getMedia = () => call<{ processes: MediaProcess[] }>("GET", "/api/control/media");

export const postMove = (showId: string, to: string) => call<unknown>("POST", `/api/control/shows/${part(showId)}/move`, { to });

export const getDestinations = (showId: string, options?: CallOptions) =>
  call<{ destinations: Destination[] }>("GET", `/api/control/shows/${part(showId)}/destinations`, undefined, options);

export const postDestination = (showId: string, given: { name: string; server: string; key: string }) =>
  call<Destination>("POST", `/api/control/shows/${part(showId)}/destinations`, given);

export const patchDestination = (showId: string, id: string, enabled: boolean) =>
  call<unknown>("PATCH", `/api/control/shows/${part(showId)}/destinations/${part(id)}`, { enabled });

export const deleteDestination = (showId: string, id: string) =>
  call<unknown>("DELETE", `/api/control/shows/${part(showId)}/destinations/${part(id)}`);

export const getSource = (showId: string) => call<SourceAnswer>("GET", `/api/control/shows/${part(showId)}/source`);

export const putSource = (showId: string, given: { kind: "pull"; url: string } | { kind: "srt" }) =>
  call<SourceAnswer>("PUT", `/api/control/shows/${part(showId)}/source`, given);

export const patchSource = (showId: string, wanted: boolean) =>
  call<SourceAnswer>("PATCH", `/api/control/shows/${part(showId)}/source`, { wanted });

export const deleteSource = (showId: string) => call<unknown>("DELETE", `/api/control/shows/${part(showId)}/source`);

/** Whose look it is: a show's, or a shop's for all its shows that have none of their own. */
export type LookOwner = { show_id: string } | { shop_id: string };

const lookOf = (owner: LookOwner) =>
  "show_id" in owner ? `/api/control/shows/${part(owner.show_id)}/air-look` : `/api/office/shops/${part(owner.shop_id)}/air-look`;

export const getAirLook = (owner: LookOwner) => call<AirLook>("GET", lookOf(owner));

export const putAirLook = (owner: LookOwner, given: Omit<AirLook, "has_picture" | "has_sound" | "own">) =>
  call<AirLook>("PUT", lookOf(owner), given);

/** Null takes the file away. */
export const putAirFile = (owner: LookOwner, file: "picture" | "sound", body: File | null) =>
  call<AirLook>("PUT", `${lookOf(owner)}/${file}`, body ?? new Blob(), { contentType: "application/octet-stream" });

/** Back to the shop's look, or to the usual one. */
export const deleteAirLook = (owner: LookOwner) => call<AirLook>("DELETE", lookOf(owner));

/** Leave to publish from this browser, for two minutes. */
export const postStudio = (showId: string) =>
  call<{ whip_url: string; token: string; ice_servers: { urls: string; username?: string; credential?: string }[] }>("POST", `/api/control/shows/${part(showId)}/studio`, {});

export const getOrders = (shopId: string, before: string | null, disputed: boolean, options?: CallOptions) =>
  call<{ orders: OrderLine[]; next: string | null }>(
    "GET",
    `/api/office/shops/${part(shopId)}/orders?disputed=${disputed}${before === null ? "" : `&before=${part(before)}`}`,
    undefined,
    options,
  );

export const getOrderDetail = (orderId: string, options?: CallOptions) =>
  call<OrderDetail>("GET", `/api/office/orders/${part(orderId)}`, undefined, options);

export const getStatements = (shopId: string, from: string, to: string, options?: CallOptions) =>
  call<{ statements: Statement[] }>(
    "GET",
    `/api/office/shops/${part(shopId)}/statements?from=${part(from)}&to=${part(to)}`,
    undefined,
    options,
  );

export const getStatementEntries = (shopId: string, partyId: string, key: string, from: string, to: string) =>
  call<{ entries: StatementEntry[] }>(
    "GET",
    `/api/office/shops/${part(shopId)}/statements/${part(partyId)}/lines/${part(key)}?from=${part(from)}&to=${part(to)}`,
  );

export const getDeals = (shopId: string, options?: CallOptions) =>
  call<DealBudget[] | { deals: DealBudget[] }>("GET", `/api/office/shops/${part(shopId)}/deals`, undefined, options).then(
    (answer) => (Array.isArray(answer) ? answer : answer.deals),
  );

export const postAccept = (dealId: string, party: string) =>
  call<unknown>("POST", `/api/office/deals/${part(dealId)}/accept`, { party });

export type ProductPage = { products: Product[]; next: string | null };

export const getProducts = (shopId: string, after: string | null, options?: CallOptions) =>
  call<ProductPage>(
    "GET",
    `/api/office/shops/${part(shopId)}/products${after === null ? "" : `?after=${part(after)}`}`,
    undefined,
    options,
  );

export const postProductCsv = (shopId: string, file: Blob) =>
  call<ImportReport>("POST", `/api/office/shops/${part(shopId)}/products/import`, file, {
    contentType: "text/csv",
    timeout_ms: IMPORT_TIMEOUT_MS,
  });
