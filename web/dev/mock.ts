/** A stand-in back end inside Vite's development server (`npm run dev:mock`): the API's shapes, a looping picture
 * (see make_picture.py) and a show that runs by itself. Shows: slow-morning (live), tonight (scheduled),
 * yesterday (ended). Never part of a build. */
import { createReadStream, existsSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { basisPointsOf } from "../src/lib/money.ts";
import type { ChatLine, DealView, LineRequest, Moment, Order, OrderRequest, Quote, ShowView } from "../src/lib/types.ts";
import { CAPTIONS, CHATTERS, photo, products, SAYINGS, SHOP, usd } from "./mock_data.ts";

const S = 1_000_000;
const DELAY_US = 8 * S;
const CYCLE_US = 60 * S;
const PICTURE = fileURLToPath(new URL("./picture/", import.meta.url));
const now = () => Date.now() * 1000;

const started_us = now() - 120 * S;
const epoch = String(started_us);
const catalogue = products();
const variants = new Map(catalogue.flatMap((product) => product.variants.map((variant) => [variant.id, { product, variant }])));
const chat: ChatLine[] = [];
const moments: Moment[] = [];
const orders = new Map<string, Order>();
const listeners = new Set<ServerResponse>();
const log: string[] = [];
let viewers = 1204;

function deal(opens_us: number): DealView {
  return {
    id: `d-${opens_us}`,
    product_id: "p-serum",
    kind: "price",
    title: "Live deal",
    price: usd(1999),
    percentage_bps: null,
    amount: null,
    opens_us,
    ends_us: opens_us + 30 * S,
    total_limit: 50,
    per_buyer_limit: 2,
    sold: 32,
    form: "live_flash",
    product_ids: ["p-serum"],
    conditions: {},
    counts: "pieces",
    announces: true,
    first_paid: null,
  };
}

function publish(type: string, payload: unknown, at_us: number | null = null): void {
  log.push(`id: ${epoch}:${log.length + 1}\nevent: ${type}\ndata: ${JSON.stringify({ at_us, payload })}\n\n`);
  for (const listener of listeners) listener.write(log.at(-1));
}

function shed(type: string, payload: unknown): void {
  for (const listener of listeners) listener.write(`event: ${type}\ndata: ${JSON.stringify({ at_us: null, payload })}\n\n`);
}

/** One round of the show: pin the serum, open its deal, pin the candle, pin nothing. */
function* round(from_us: number): Generator<Moment> {
  yield { at_us: from_us + 2 * S, type: "pin", product_id: "p-serum" };
  yield { at_us: from_us + 6 * S, type: "deal.opened", deal: deal(from_us + 6 * S) };
  yield { at_us: from_us + 38 * S, type: "pin", product_id: "p-candle" };
  yield { at_us: from_us + 54 * S, type: "unpin" };
}

function run(): void {
  let planned_us = started_us;
  let tick = 0;
  const queue: Moment[] = [];
  const step = () => {
    while (planned_us < now() + CYCLE_US) {
      queue.push(...round(planned_us));
      planned_us += CYCLE_US;
    }
    while (queue[0] && queue[0].at_us <= now()) {
      const moment = queue.shift() as Moment;
      moments.push(moment);
      const { at_us, type, ...payload } = moment;
      publish(type, payload, at_us);
    }
    tick += 1;
    if (tick % 3 === 0) {
      const line: ChatLine = {
        id: `c-${tick}`,
        name: CHATTERS[tick % CHATTERS.length] ?? "",
        text: SAYINGS[(tick / 3) % SAYINGS.length] ?? "",
        at_us: now() - DELAY_US,
        hidden: false,
      };
      chat.push(line);
      publish("chat", line, line.at_us);
    }
    if (tick % 4 === 0) {
      const end_us = now() - DELAY_US;
      publish("caption", { start_us: end_us - 3 * S, end_us, text: CAPTIONS[(tick / 4) % CAPTIONS.length] }, end_us);
    }
    if (tick % 5 === 0) {
      viewers += (tick % 7) - 3;
      shed("viewers", { now: viewers });
      shed("reactions", { count: tick % 6 });
    }
  };
  for (let i = 0; i < 20; i += 1) step();
  setInterval(step, 1000);
}

function show(slug: string): ShowView | null {
  const live = slug === "slow-morning" || slug === "show-1";
  if (!live && slug !== "tonight" && slug !== "yesterday") return null;
  const ended = slug === "yesterday";
  const begin_us = ended ? started_us - 86_400 * S : started_us;
  const shift = begin_us - started_us;
  return {
    id: live ? "show-1" : `show-${slug}`,
    slug: live ? "slow-morning" : slug,
    title: live ? "Slow Morning Live" : ended ? "Candlelight hour" : "An evening with the makers",
    host_name: "Joe Calloway",
    host_is_paid: true,
    state: live ? "live" : ended ? "ended" : "scheduled",
    starts_at: slug === "tonight" ? new Date(Date.now() + 48 * 60_000).toISOString() : null,
    shop: SHOP,
    delay_ms: DELAY_US / 1000,
    broadcast:
      slug === "tonight"
        ? null
        : {
            id: "b-1",
            started_us: begin_us,
            ended_us: ended ? begin_us + 150 * S : null,
            hls_url: "/mock/live.m3u8",
            replay_url: ended ? "/mock/replay.m3u8" : null,
          },
    products: catalogue,
    moments: ended ? [...round(begin_us), ...round(begin_us + CYCLE_US)] : live ? moments : [],
    chat: (slug === "tonight" ? [] : chat.slice(-50)).map((line) => ({ ...line, at_us: line.at_us + shift })),
    captions: [],
    corrections: [],
    viewers: live ? viewers : 0,
    channel: { epoch, offset: log.length },
    server_now_us: now(),
  };
}

function quote(lines: LineRequest[], at_us: number): Quote {
  const open = moments.flatMap((m) => (m.deal && m.deal.opens_us <= at_us && at_us < m.deal.ends_us ? [m.deal] : [])).at(-1);
  const priced = lines.map(({ variant_id, quantity }) => {
    const found = variants.get(variant_id);
    if (!found) throw new Refusal(404, "not_found", "No such variant.");
    if (found.variant.available < quantity) {
      throw new Refusal(409, "sold_out", `${found.product.title} is sold out.`, { variant_id, available: found.variant.available });
    }
    const list = found.variant.price.minor;
    const unit = open && open.product_id === found.product.id ? Math.min(list, open.price?.minor ?? list) : list;
    const discount = usd((list - unit) * quantity);
    return {
      variant_id,
      product_title: found.product.title,
      variant_title: found.variant.title,
      quantity,
      unit_list: usd(list),
      unit_price: usd(unit),
      discount,
      total: usd(unit * quantity),
      reasons: discount.minor > 0 && open ? [{ text: `${open.title}: $19.99 while it lasts`, deal_id: open.id, discount }] : [],
    };
  });
  const goods = priced.reduce((sum, line) => sum + line.total.minor, 0);
  const discount = priced.reduce((sum, line) => sum + line.discount.minor, 0);
  const shipping = goods >= 5000 ? 0 : 495;
  const tax = basisPointsOf(goods, 800);
  return {
    lines: priced,
    subtotal: usd(goods + discount),
    discount: usd(discount),
    shipping: usd(shipping),
    tax: usd(tax),
    total: usd(goods + shipping + tax),
    at_us,
    shipping_reasons: [],
    code_problem: null,
    next_steps: [{ kind: "free_shipping", missing: { minor: 610, currency: "USD" }, title: "" }],
  };
}

function place(request: OrderRequest): Order {
  const known = orders.get(request.key);
  if (known) return known;
  const priced = quote(request.lines, request.at_us);
  if (priced.total.minor !== request.expected_total.minor) {
    throw new Refusal(409, "price_changed", "The price changed.", { total_minor: priced.total.minor });
  }
  if (request.payment.token === "tok_declined") throw new Refusal(409, "payment_declined", "The bank declined the payment.");
  for (const line of request.lines) {
    const found = variants.get(line.variant_id);
    if (!found) continue;
    found.variant.available -= line.quantity;
    publish("stock", { variant_id: line.variant_id, product_id: found.product.id, available: found.variant.available });
  }
  const id = `o-${orders.size + 1}`;
  const order: Order = {
    id,
    number: `QA-${1000 + orders.size + 1}`,
    state: request.payment.token === "tok_unknown" ? "payment_pending" : "paid",
    placed_us: now(),
    at_us: request.at_us,
    quote: priced,
    buyer: { email: request.buyer.email, name: request.buyer.name },
    receipt_url: `/receipt/${id}?token=t`,
    receipt_token: "t",
    moment_url: `/watch/yesterday?t=${request.at_us - 86_400 * S}`,
    kept: true,
    cancelled_because: null, pay_by_us: null, step: null,
  };
  orders.set(request.key, order);
  if (order.state === "payment_pending") setTimeout(() => (order.state = "paid"), 8000);
  return order;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** The picture loops for ever: the newest segments of a playlist as long as the show has run. */
function playlist(kind: "live" | "replay" | "programme"): string {
  const list = readFileSync(`${PICTURE}list.m3u8`, "utf8");
  const files = [...list.matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)].map(([, seconds, file]) => ({ seconds: Number(seconds), file }));
  const loop_s = files.reduce((sum, one) => sum + one.seconds, 0);
  const head = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:2"];
  const released_s = (now() - (kind === "programme" ? 0 : DELAY_US) - started_us) / S;
  let at_s = 0;
  const entries: string[][] = [];
  for (let n = 0; kind === "replay" ? n < files.length : at_s < released_s; n += 1) {
    const one = files[n % files.length];
    if (!one || at_s > loop_s * 40) break;
    const shift = kind === "replay" ? -86_400 * S : 0;
    const date = new Date((started_us + shift) / 1000 + at_s * 1000).toISOString();
    const map = `#EXT-X-MAP:URI="/mock/picture/init.mp4"`;
    entries.push([
      ...(n > 0 && n % files.length === 0 ? ["#EXT-X-DISCONTINUITY", map] : n === 0 ? [map] : []),
      `#EXT-X-PROGRAM-DATE-TIME:${date}`,
      `#EXTINF:${one.seconds.toFixed(6)},`,
      `/mock/picture/${one.file}`,
    ]);
    at_s += one.seconds;
  }
  if (kind === "replay") return [...head, "#EXT-X-PLAYLIST-TYPE:VOD", ...entries.flat(), "#EXT-X-ENDLIST", ""].join("\n");
  const first = Math.max(0, entries.length - 12);
  const window = entries.slice(first);
  const map = `#EXT-X-MAP:URI="/mock/picture/init.mp4"`;
  if (!window[0]?.includes(map)) window[0]?.unshift(map);
  const breaks = entries.slice(0, first).filter((entry) => entry[0] === "#EXT-X-DISCONTINUITY").length;
  return [...head, `#EXT-X-MEDIA-SEQUENCE:${first}`, `#EXT-X-DISCONTINUITY-SEQUENCE:${breaks}`, ...window.flat(), ""].join("\n");
}

async function body<T>(request: IncomingMessage): Promise<T> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || "{}") as T;
}

function answer(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  if (query.get("epoch") !== epoch) response.write("event: reset\ndata: {}\n\n");
  else for (const event of log.slice(Number(query.get("offset") ?? 0))) response.write(event);
  listeners.add(response);
  request.on("close", () => listeners.delete(response));
}

async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const [, , room, id, part] = url.pathname.split("/");
  if (room === "shows" && !id) {
    const list = ["slow-morning", "tonight", "yesterday"].map((slug) => show(slug)).filter((one) => one !== null);
    answer(response, 200, { shows: list.map((one) => ({ ...one, cover: catalogue[list.indexOf(one)]?.photos[0]?.url ?? null })) });
  } else if (room === "shows" && part === "events") stream(request, response, url.searchParams);
  else if (room === "shows" && part === "reactions") response.writeHead(204).end();
  else if (room === "shows" && part === "chat") {
    const said = await body<{ name: string; text: string; at_us: number }>(request);
    const line: ChatLine = { id: `c-own-${log.length}`, name: said.name, text: said.text, at_us: said.at_us, hidden: false };
    chat.push(line);
    publish("chat", line, line.at_us);
    answer(response, 200, line);
    if (said.text.includes("badword")) setTimeout(() => publish("chat.hidden", { id: line.id }), 1500);
  } else if (room === "shows") {
    const found = show(decodeURIComponent(id ?? ""));
    if (!found) throw new Refusal(404, "not_found", "There is no such show.");
    answer(response, 200, found);
  } else if (room === "quote") {
    const asked = await body<{ lines: LineRequest[]; at_us: number }>(request);
    answer(response, 200, quote(asked.lines, asked.at_us));
  } else if (room === "orders" && request.method === "POST") {
    answer(response, 200, place(await body<OrderRequest>(request)));
  } else if (room === "orders") {
    const order = [...orders.values()].find((one) => one.id === id);
    if (!order || url.searchParams.get("token") !== order.receipt_token) throw new Refusal(404, "not_found", "No such order.");
    answer(response, 200, order);
  } else throw new Refusal(404, "not_found", "Nothing here.");
}

export function mock(): Plugin {
  return {
    name: "tallylight-mock",
    configureServer(server) {
      run();
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? "/", "http://mock");
        const file = /^\/mock\/picture\/([\w.]+)$/.exec(url.pathname)?.[1];
        if (url.pathname.startsWith("/media/products/")) {
          response.writeHead(200, { "content-type": "image/svg+xml" }).end(photo(url.pathname));
        } else if (file && existsSync(PICTURE + file)) {
          response.writeHead(200, { "content-type": "video/mp4" });
          createReadStream(PICTURE + file).pipe(response);
        } else if (/^\/mock\/(live|replay|programme\/\w+\/live)\.m3u8$/.test(url.pathname)) {
          if (!existsSync(`${PICTURE}list.m3u8`)) response.writeHead(404).end();
          else {
            response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" });
            response.end(playlist(url.pathname.includes("replay") ? "replay" : url.pathname.includes("programme") ? "programme" : "live"));
          }
        } else if (url.pathname.startsWith("/api/")) {
          api(request, response, url).catch((error: unknown) => {
            const refusal = error instanceof Refusal ? error : new Refusal(500, "broken", String(error));
            answer(response, refusal.status, { error: { code: refusal.code, message: refusal.message, fields: refusal.fields } });
          });
        } else next();
      });
    },
  };
}
