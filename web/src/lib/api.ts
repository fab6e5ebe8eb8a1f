/** The HTTP API, typed. Every failure is an ApiError: the server's refusal, no network, or a time-out. */
import type {
  AddressRules,
  BuyerOrder,
  CartQuote,
  ChatLine,
  LineRequest,
  Me,
  OnRecord,
  Order,
  OrderRequest,
  ShowSummary,
  ShowView,
} from "./types";

const TIMEOUT_MS = 15_000;

export type ErrorFields = Record<string, unknown>;

export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
    /** The server's word for it; `network` or `timeout` when no answer came. */
    readonly code: string,
    message: string,
    readonly fields: ErrorFields = {},
  ) {
    super(message);
  }

  /** No answer came, or the server was out of order: the same request may be sent again. */
  get retryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** What a person is told of a failure: the server's own sentence where it has one. */
export function messageOf(error: unknown): string {
  return error instanceof ApiError ? error.message : "That did not work. Try again.";
}

/** The field that the server's refusal is about; null for what concerns none. */
export function fieldOf(error: unknown): string | null {
  const field = error instanceof ApiError ? error.fields["field"] : null;
  return typeof field === "string" ? field : null;
}

let csrfToken: string | null = null;

/** Staff pages give the token of GET /api/me; it then goes with every call that changes something. */
export function useCsrfToken(token: string | null): void {
  csrfToken = token;
}

export type CallOptions = {
  signal?: AbortSignal | undefined;
  timeout_ms?: number;
  /** Another session's token than the staff's. */
  csrf?: string;
  /** Sent even when the page goes away meanwhile. */
  keepalive?: boolean;
};

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One call. `body` is sent as JSON, or as it is with `contentType`. Resolves with the answer's JSON. */
export async function call<T>(
  method: Method,
  path: string,
  body?: unknown,
  options: CallOptions & { contentType?: string } = {},
): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (method !== "GET") headers["content-type"] = options.contentType ?? "application/json";
  const csrf = options.csrf ?? csrfToken;
  if (method !== "GET" && csrf) headers["x-csrf-token"] = csrf;
  const payload = body === undefined ? null : options.contentType ? (body as BodyInit) : JSON.stringify(body);
  const timer = new AbortController();
  const timeout = setTimeout(() => timer.abort(), options.timeout_ms ?? TIMEOUT_MS);
  const forward = () => timer.abort();
  options.signal?.addEventListener("abort", forward, { once: true });
  try {
    if (options.signal?.aborted) timer.abort();
    const response = await fetch(path, {
      method,
      headers,
      body: payload,
      credentials: "same-origin",
      signal: timer.signal,
      keepalive: options.keepalive ?? false,
    });
    if (!response.ok) throw await refusal(response);
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  } catch (error) {
    if (error instanceof ApiError || options.signal?.aborted) throw error;
    if (timer.signal.aborted) throw new ApiError(0, "timeout", "The server took too long to answer.");
    throw new ApiError(0, "network", "No connection. Check your network and try again.");
  } finally {
    clearTimeout(timeout);
    options.signal?.removeEventListener("abort", forward);
  }
}

async function refusal(response: Response): Promise<ApiError> {
  let code = `http_${response.status}`;
  let message = response.status >= 500 ? "Something broke on our side. Try again." : "That did not work.";
  let fields: ErrorFields = {};
  try {
    const answer = (await response.json()) as { error?: { code?: string; message?: string; fields?: ErrorFields } };
    code = answer.error?.code ?? code;
    message = answer.error?.message ?? message;
    fields = answer.error?.fields ?? fields;
  } catch {
    // Not our JSON: a proxy's page. The status says enough.
  }
  return new ApiError(response.status, code, message, fields);
}

const part = encodeURIComponent;

export const getShows = (options?: CallOptions) => call<{ shows: ShowSummary[] }>("GET", "/api/shows", undefined, options);

export const getShow = (idOrSlug: string, options?: CallOptions) =>
  call<ShowView>("GET", `/api/shows/${part(idOrSlug)}`, undefined, options);

export const postChat = (
  showId: string,
  line: { name: string; text: string; at_us: number; viewer_id: string },
  options?: CallOptions,
) => call<ChatLine>("POST", `/api/shows/${part(showId)}/chat`, line, options);

export const postReactions = (showId: string, viewerId: string, count: number) =>
  call<undefined>("POST", `/api/shows/${part(showId)}/reactions`, { viewer_id: viewerId, count });

export const postLooking = (showId: string, viewerId: string, productIds: readonly string[], disclosureShown: boolean | null) =>
  call<undefined>("POST", `/api/shows/${part(showId)}/looking`, { viewer_id: viewerId, product_ids: productIds, disclosure_shown: disclosureShown });

export const postQuote = (
  request: {
    show_id: string;
    lines: LineRequest[];
    at_us: number;
    code: string | null;
    country?: string;
    region?: string;
    postal_code?: string;
    shipping_method?: string | null;
    /** By deal, the variant that is wanted as its gift, or null for none; what is not named is put in unasked. */
    gifts?: Record<string, string | null>;
    viewer_id?: string | null;
  },
  options?: CallOptions,
) => call<CartQuote>("POST", "/api/quote", request, options);

export const postFollow = (shopId: string, viewerId: string, following: boolean) =>
  call<{ following: boolean }>("POST", `/api/shops/${part(shopId)}/follow`, { viewer_id: viewerId, following });

export const getAddressRules = (country: string, options?: CallOptions) =>
  call<AddressRules>("GET", `/api/addresses/${part(country)}`, undefined, options);

export const postOrder = (request: OrderRequest, options?: CallOptions) =>
  call<Order>("POST", "/api/orders", request, options);

export const getOrder = (id: string, token: string, options?: CallOptions) =>
  call<BuyerOrder>("GET", `/api/orders/${part(id)}?token=${part(token)}`, undefined, options);

/** The buyer comes back from the bank: the shop asks the provider now. */
export const checkPayment = (id: string, token: string) =>
  call<BuyerOrder>("POST", `/api/orders/${part(id)}/payment/check?token=${part(token)}`);

export const giveUpPayment = (id: string, token: string) =>
  call<BuyerOrder>("POST", `/api/orders/${part(id)}/payment/give-up?token=${part(token)}`);

/** The buyer pays what an exchange costs more. */
export const payDifference = (id: string, token: string, payment: OrderRequest["payment"]) =>
  call<BuyerOrder>("POST", `/api/orders/${part(id)}/payment/difference?token=${part(token)}`, payment);

export const getMoment = (id: string, token: string, options?: CallOptions) =>
  call<OnRecord>("GET", `/api/orders/${part(id)}/moment?token=${part(token)}`, undefined, options);

export const getMe = (options?: CallOptions) => call<Me>("GET", "/api/me", undefined, options);
