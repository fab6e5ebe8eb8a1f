/** The staff's half of the stand-in back end: sign-in (any e-mail, password "tally"), a control room that runs by
 * itself, an office. Shows: slow-morning (live), tonight (scheduled). Never part of a build. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import type { LineSaid } from "../src/staff/desk/types.ts";
import type { ControlView, Finding, GateStatus, Me, OrderLine, ShowView, Word } from "../src/lib/types.ts";
import { deskLibrary, DeskRefusal, scriptOnAir } from "./desk_mock.ts";
import { products, SHOP, usd } from "./mock_data.ts";
import { addContract, contractsView, endContract } from "./contracts_mock.ts";
import { changeRules, rulesView } from "./rules_mock.ts";
import { reports } from "./report_data.ts";
import { cues, deals, detail, order, SCRIPT, statements } from "./staff_data.ts";

const S = 1_000_000;
const DELAY_US = 8 * S;
const LAG_US = 1.2 * S;
const WORD_US = 0.34 * S;
const PAUSE_US = 1.1 * S;
const now = () => Date.now() * 1000;

const begun_us = now();
const epoch = `control-${begun_us}`;
const log: string[] = [];
const listeners = new Set<ServerResponse>();
const words: Word[] = [];
const findings: Finding[] = [];
const budget = deals(begun_us);
const run = cues(begun_us);
const sold: OrderLine[] = Array.from({ length: 70 }, (_, i) => order(i, begun_us - (70 - i) * 41 * S));
const totals = { orders: 64, gmv: usd(281_364), discount: usd(58_240), units: 81 };
const chat = ["just got here, what did I miss?", "is the serum ok for oily skin?", "ordered two 🙌", "does it ship to Canada?", "BUY FOLLOWERS at cheap dot example"].map(
  (text, i) => ({ id: `m-${i}`, name: ["Maya", "Jonas", "Priya", "Tomás", "xx_deals"][i] ?? "", text, at_us: begun_us - (60 - i * 9) * S, hidden: false }),
);
/** The pinned script is read line by line, with a stretch of something else after every second. */
const lines_said: LineSaid[] = [];
const SCRIPT_LINES: readonly [number, number][] = [[0, 0], [0, 1], [1, 0], [1, 1], [1, 2]];
let gate_state: GateStatus["state"] = "safe";
let signed_in = false;
let viewers = 1204;

const me: Me = {
  person: { id: "person-1", name: "Mara Lindqvist", email: "mara@quietacre.example" },
  csrf_token: "csrf",
  memberships: [{ shop: SHOP, roles: ["owner", "compliance"] }],
};

function publish(type: string, payload: unknown, at_us: number | null = null): void {
  log.push(`id: ${epoch}:${log.length + 1}\nevent: ${type}\ndata: ${JSON.stringify({ at_us, payload })}\n\n`);
  for (const listener of listeners) listener.write(log.at(-1));
}

function shed(type: string, payload: unknown): void {
  for (const listener of listeners) listener.write(`event: ${type}\ndata: ${JSON.stringify({ at_us: null, payload })}\n\n`);
}

function gate(): GateStatus {
  return {
    state: gate_state,
    delay_ms: DELAY_US / 1000,
    programme_us: now(),
    judged_us: now() - LAG_US,
    released_us: now() - DELAY_US,
    speech_lag_ms: 1100 + Math.round(300 * Math.sin(now() / 4e6)),
    ingest: { video: "H.264", audio: "AAC", width: 720, height: 1280, fps_x100: 3000, bitrate_kbps: 2431 + Math.round(60 * Math.sin(now() / 3e6)) },
    message: null,
  };
}

type Said = { word: Word; after?: Finding };

/** The script spoken for ever, word by word, from a programme time on. */
function* speak(from_us: number): Generator<Said> {
  let at_us = from_us;
  for (let n = 0; ; n += 1) {
    const sentence = SCRIPT[n % SCRIPT.length];
    if (!sentence) return;
    const spoken = sentence.text.split(" ").map((text) => {
      const length_us = WORD_US * (0.55 + Math.min(9, text.length) / 12);
      const word = { text, start_us: Math.round(at_us), end_us: Math.round(at_us + length_us * 0.92) };
      at_us += length_us;
      return word;
    });
    const stop = sentence.stop;
    const first = stop ? sentence.text.slice(0, sentence.text.indexOf(stop.quote)).split(" ").length - 1 : 0;
    const last = stop ? first + stop.quote.split(" ").length - 1 : 0;
    for (const [i, word] of spoken.entries()) {
      const [start_us, end_us] = [spoken[first]?.start_us ?? 0, spoken[last]?.end_us ?? 0];
      const after: Finding | null =
        stop && i === last ? { id: `f-${n}-${begun_us}`, ...stop, start_us, end_us, decide_by_wall_us: start_us + DELAY_US, decision: null, outcome: null } : null;
      yield after ? { word, after } : { word };
    }
    at_us += PAUSE_US;
  }
}

function start(): void {
  const speech = speak(begun_us - 150 * S);
  let next = speech.next();
  let heard: Word[] = [];
  const settle = (finding: Finding) => {
    finding.outcome = finding.decision?.kind === "clear" || (!finding.decision && finding.action === "none") ? "cleared" : finding.decision?.kind === "cover" ? "covered" : "bleeped";
    publish("finding.outcome", { id: finding.id, outcome: finding.outcome });
  };
  const step = () => {
    while (!next.done && next.value.word.end_us < now() - LAG_US + 0.4 * S) {
      const { word, after } = next.value;
      words.push(word);
      heard.push(word);
      if (after) {
        findings.push(after);
        publish("finding", after, after.start_us);
      }
      next = speech.next();
    }
    if (heard.length > 0) publish("words", { words: heard });
    heard = [];
    while (words[0] && words[0].end_us < now() - 180 * S) words.shift();
    for (const finding of findings) if (!finding.outcome && finding.end_us <= now() - DELAY_US) settle(finding);
  };
  step();
  let tick = 0;
  setInterval(() => {
    step();
    tick += 1;
    if (tick % 4 === 0) shed("gate", gate());
    if (tick % 12 === 0) shed("viewers", { now: (viewers += (tick % 7) - 3) });
    if (tick % 24 === 0) readOn(tick / 24);
    if (tick % 14 === 0) sell();
    if (tick % 20 === 0) {
      const line = { id: `m-${tick}`, name: ["Wren", "Aiko", "Bea"][tick % 3] ?? "", text: ["love this", "how big is the bottle?", "mine arrived yesterday and it is lovely"][tick % 3] ?? "", at_us: now() - DELAY_US, hidden: false };
      chat.push(line);
      publish("chat", line, line.at_us);
    }
  }, 250);
}

function readOn(turn: number): void {
  const off = turn % 3 === 0;
  const next = SCRIPT_LINES[lines_said.length];
  if (!off && next) lines_said.push({ segment: next[0], line: next[1], start_us: now() - 4 * S, end_us: now() - S, heard_permille: 930 });
  const at = lines_said.at(-1);
  const view = { segment: at?.segment ?? null, line: at?.line ?? null, applies: at?.segment ?? 0, off, said: lines_said.length, lines: SCRIPT_LINES.length };
  shed("script.line", { ...view, new: off || !at ? [] : [[at.segment, at.line]] });
}

function sell(): void {
  const line = order(sold.length, now());
  sold.push(line);
  totals.orders += 1;
  totals.gmv.minor += line.total.minor;
  totals.discount.minor += line.discount.minor;
  publish("order", line, line.at_us);
  const open = budget[0];
  if (!open || line.discount.minor === 0 || open.sold >= (open.total_limit ?? Infinity)) return;
  open.sold += 1;
  for (const funder of open.agreement.funders) {
    const part = Math.round((line.discount.minor * funder.share_bps) / 10_000);
    if (funder.spent.minor + funder.held.minor + part <= funder.budget.minor) funder.spent = usd(funder.spent.minor + part);
  }
  publish("deal", open);
}

function show(slug: string): ShowView {
  const live = slug !== "tonight";
  return {
    id: live ? "show-1" : "show-tonight",
    slug: live ? "slow-morning" : "tonight",
    title: live ? "Slow Morning Live" : "An evening with the makers",
    host_name: "Joe Calloway",
    host_is_paid: true,
    state: live ? "live" : "scheduled",
    starts_at: live ? null : new Date(Date.now() + 48 * 60_000).toISOString(),
    shop: SHOP,
    delay_ms: DELAY_US / 1000,
    broadcast: live ? { id: "b-1", started_us: begun_us - 150 * S, ended_us: null, hls_url: "/mock/live.m3u8", replay_url: null } : null,
    products: products(),
    moments: [],
    chat: live ? chat : [],
    captions: [],
    corrections: [],
    viewers: live ? viewers : 0,
    channel: { epoch: "0", offset: 0 },
    server_now_us: now(),
  };
}

function control(slug: string): ControlView {
  const shown = show(slug);
  const live = shown.state === "live";
  const off: GateStatus = { ...gate(), state: "off", programme_us: 0, judged_us: 0, released_us: 0, speech_lag_ms: 0, ingest: null };
  return {
    show: shown,
    words: live ? words : [],
    findings: live ? findings : [],
    gate: live ? gate() : off,
    cues: live ? run : [],
    deals: live ? budget : [],
    orders: live ? [...sold].reverse().slice(0, 50) : [],
    totals: live ? totals : { orders: 0, gmv: usd(0), discount: usd(0), units: 0 },
    programme_url: live ? preview() : null,
    paid: { paid: true, source: "contract", payer_name: "Quiet Acre", paid_how: "commission", reason: null, ruled_by: null, since_us: now() - 86_400 * S },
    disclosure_due_us: live ? now() + 45 * S : null,
    disclosure_shown: live ? { asked: 1_204, shown: 1_191, confirmed: true } : null,
    channel: { epoch, offset: log.length },
    server_now_us: now(),
  };
}

const preview = () => `/mock/programme/t${Math.floor(Date.now() / 60_000)}/live.m3u8`;

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

async function body<T>(request: IncomingMessage): Promise<T> {
  return JSON.parse((await text(request)) || "{}") as T;
}

function stream(request: IncomingMessage, response: ServerResponse, query: URLSearchParams): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  if (query.get("epoch") !== epoch) response.write("event: reset\ndata: {}\n\n");
  else for (const event of log.slice(Number(query.get("offset") ?? 0))) response.write(event);
  if (!request.url?.includes("tonight")) listeners.add(response);
  request.on("close", () => listeners.delete(response));
}

async function controlCall(request: IncomingMessage, parts: string[], query: URLSearchParams, response: ServerResponse): Promise<unknown> {
  const [room, id, deed, target] = parts;
  if (room === "findings") {
    const finding = findings.find((one) => one.id === id);
    if (!finding || finding.outcome) throw new Refusal(409, "too_late", "It has aired already.");
    const { kind } = await body<{ kind: "clear" | "bleep" | "cover" }>(request);
    finding.decision = { kind, by: me.person.name, at_wall_us: now() };
    publish("finding.decided", { id: finding.id, decision: finding.decision });
    return finding.decision;
  }
  if (!id) return { shows: [show("slow-morning"), show("tonight")].map((one) => ({ ...one, cover: one.products[0]?.photos[0]?.url ?? null })) };
  if (id !== "slow-morning" && id !== "show-1" && id !== "tonight" && id !== "show-tonight") throw new Refusal(404, "not_found", "No such show.");
  const slug = id.includes("tonight") ? "tonight" : "slow-morning";
  if (!deed) return control(slug);
  if (deed === "events") return stream(request, response, query);
  if (deed === "script") return scriptOnAir(slug === "tonight" ? "show-tonight" : "show-1", slug === "tonight" ? [] : lines_said);
  if (deed === "preview") return { programme_url: preview() };
  if (deed === "stream-key") return { server: "rtmp://localhost:1935/live", key: "01931f2a_k7Qm3xW9vT2cRb8LhY5nZp4dGs6JfA1e" };
  if (deed === "gate") {
    gate_state = (await body<{ kind: string }>(request)).kind === "panic" ? "panic" : "safe";
    shed("gate", gate());
    return {};
  }
  if (deed === "cues") {
    const cue = run.find((one) => one.id === target);
    if (!cue) throw new Refusal(404, "not_found", "No such cue.");
    cue.fired_us = now();
    publish("cue.fired", { cue_id: cue.id, at_us: cue.fired_us }, cue.fired_us);
    return { at_us: cue.fired_us };
  }
  if (deed === "chat") {
    const line = chat.find((one) => one.id === target);
    if (line) line.hidden = true;
    publish("chat.hidden", { id: target });
    return {};
  }
  throw new Refusal(404, "not_found", "Nothing here.");
}

async function officeCall(request: IncomingMessage, parts: string[], query: URLSearchParams): Promise<unknown> {
  const [kind, id, what, sub, , key] = parts; // shops, id, statements, party, lines, key
  if (kind === "orders") {
    const line = sold.find((one) => one.id === id);
    if (!line) throw new Refusal(404, "not_found", "There is no such order.");
    return detail(line);
  }
  if (kind === "deals") {
    const found = budget.find((one) => one.id === id);
    const { party } = await body<{ party: string }>(request);
    for (const funder of found?.agreement.funders ?? []) if (funder.party === party) funder.accepted = true;
    if (found?.agreement.funders.every((one) => one.accepted) && found.state === "draft") found.state = "agreed";
    return found;
  }
  const newest = [...sold].reverse();
  if (what === "orders") {
    const before = Number(query.get("before") ?? 0);
    const page = newest.slice(before, before + 25);
    return { orders: page, next: before + 25 < newest.length ? String(before + 25) : null };
  }
  if (what === "deals") return budget;
  if (what === "contracts") return sub ? endContract(sub) : request.method === "POST" ? addContract(await body(request)) : contractsView();
  if (what === "compliance") return request.method === "PUT" ? changeRules(await body(request), query.get("market") ?? "us-en") : rulesView(query.get("market") ?? "us-en");
  if (what === "products" && sub === "import") {
    const rows = (await text(request)).trim().split("\n").length - 1;
    return { imported: Math.max(0, rows - 2), updated: 1, skipped_rows: [{ line: 7, problem: "“Variant Price” is not an amount: “free”" }, { line: 12, problem: "The handle is missing" }] };
  }
  if (what === "products") return { products: products(), next: null };
  const [from, to] = [query.get("from") ?? "", query.get("to") ?? ""];
  if (what === "statements" && !key) return { statements: statements(from, to) };
  if (what === "statements") {
    return {
      entries: newest.slice(0, 12).map((line) => ({
        transfer_id: `t-${line.id}-1`,
        order_id: line.id,
        order_number: line.number,
        at: new Date(line.placed_us / 1000).toISOString(),
        description: `Order ${line.number} paid`,
        amount: key?.endsWith("_discount") ? usd(-Math.max(600, Math.round(line.discount.minor / 2))) : line.total,
        at_us: line.at_us,
        show_slug: "slow-morning",
      })),
    };
  }
  throw new Refusal(404, "not_found", "Nothing here.");
}

async function api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const parts = url.pathname.split("/").slice(2).map(decodeURIComponent);
  const send = (status: number, value: unknown) => {
    if (response.headersSent) return;
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status === 204 ? undefined : JSON.stringify(value ?? {}));
  };
  if (parts[0] === "session" && parts[1] === "link") {
    signed_in = true;
    send(200, me);
    return;
  }
  if (parts[0] === "session" && request.method === "POST") {
    const { password } = await body<{ password: string }>(request);
    if (password !== "tally") throw new Refusal(401, "wrong_password", "E-mail and password do not match.");
    signed_in = true;
    send(200, me);
    return;
  }
  if (!signed_in) throw new Refusal(401, "unauthenticated", "Sign in first.");
  if (parts[0] === "me") send(200, me);
  else if (parts[0] === "session") {
    signed_in = false;
    send(204, null);
  } else if (parts[0] === "control") send(200, await controlCall(request, parts.slice(1), url.searchParams, response));
  else if (parts[0] === "host") send(200, host(control(parts[2]?.includes("tonight") ? "tonight" : "slow-morning")));
  else if (parts[0] === "desk") send(200, await deskCall(request, parts.slice(1), url.searchParams));
  else send(200, await officeCall(request, parts.slice(1), url.searchParams));
}

const kept_reports = reports(begun_us);

async function deskCall(request: IncomingMessage, parts: string[], query: URLSearchParams): Promise<unknown> {
  const [kind, id, what, more] = parts;
  if (kind === "shows" && what === "live") return liveDesk(control(id?.includes("tonight") ? "tonight" : "slow-morning"));
  if (kind === "findings") return onFinding(request, id ?? "", what ?? "");
  const json = request.method !== "GET" && request.headers["content-type"] === "application/json" && what !== "hold";
  const answer = deskLibrary(request.method ?? "GET", parts, query, json && what !== "sign" ? await body(request) : {}, me.person.name);
  if (answer !== null) return answer;
  if (kind === "shops" && what === "reports") return { reports: kept_reports, retention_days: 1096, next: null };
  if (kind === "shops") return {};
  const line = kept_reports.find((one) => one.broadcast_id === id);
  if (!line) throw new Refusal(404, "not_found", "There is no such broadcast.");
  if (what === "chain") {
    const broken = id === "r-3" ? { seq: 118, reason: "its content was changed after it was written" } : null;
    return { intact: !broken, entries: line.entries, head: "ab".repeat(32), emptied: line.emptied_us === null ? 0 : 210, broken };
  }
  if (what === "sign") line.signature = { name: me.person.name, wall_us: now(), entries: line.entries };
  if (what === "hold") {
    const { reason } = await body<{ reason: string }>(request);
    line.hold = more === "lift" ? null : { reason, name: me.person.name, placed_us: now() };
  }
  return {};
}

const leases = new Map<string, number>();
const shown: { id: string; finding_id: string; text: string; at_us: number; until_us: number }[] = [];

function liveDesk({ show: whole, words, findings, gate, programme_url, channel, server_now_us }: ControlView): unknown {
  const held = [...leases].filter(([, until_us]) => until_us > now());
  return {
    show: { ...whole, hold_policy: "bleep" },
    leases: held.map(([finding_id, until_wall_us]) => ({ finding_id, person_id: me.person.id, name: me.person.name, until_wall_us })),
    corrections: shown,
    words, findings, gate, programme_url, channel, server_now_us,
  };
}

async function onFinding(request: IncomingMessage, id: string, what: string): Promise<unknown> {
  const finding = findings.find((one) => one.id === id);
  if (!finding) throw new Refusal(404, "not_found", "There is no such finding.");
  if (what === "background") {
    const past = { quote: finding.quote, kind: "bleep", by: "Jonas Weber", at_wall_us: now() - 6 * 86_400 * S, likeness_percent: 88, show: "Slow Sunday" };
    return { alike: [past], correction: finding.outcome === "cleared" ? "The price is $24.99, not $19.99" : null };
  }
  if (what === "correction") {
    const { text, seconds } = await body<{ text: string; seconds: number }>(request);
    const card = { id: `k-${shown.length}`, finding_id: id, text, at_us: now() - DELAY_US, until_us: now() - DELAY_US + seconds * S };
    shown.push(card);
    publish("correction", card, card.at_us);
    return card;
  }
  const until_wall_us = now() + 5 * S;
  if (request.method === "DELETE") leases.delete(id);
  else leases.set(id, until_wall_us);
  const by = request.method === "DELETE" ? null : { id: me.person.id, name: me.person.name, until_wall_us };
  shed("finding.claimed", { id, by });
  return { finding_id: id, person_id: me.person.id, name: me.person.name, until_wall_us };
}

function host({ show: whole, cues: all, findings, channel, server_now_us }: ControlView): unknown {
  const stops = findings
    .filter((one) => one.action !== "none" && one.decision?.kind !== "clear" && one.end_us > now() - 90 * S)
    .slice(-3)
    .reverse()
    .map((one) => ({ finding_id: one.id, rule_title: one.rule_title, quote: one.quote, start_us: one.start_us, wording: null, advice: one.say_instead }));
  return { show: { ...whole, hold_policy: "bleep" }, cues: all, stops, disclosure: { said_us: null, due_us: begun_us + 570 * S }, channel, server_now_us };
}

export function staffMock(): Plugin {
  return {
    name: "tallylight-staff-mock",
    configureServer(server) {
      start();
      server.middlewares.use((request, response, next) => {
        const url = new URL(request.url ?? "/", "http://mock");
        if (!/^\/api\/(session|me|control|office|desk|host)(\/|$)/.test(url.pathname)) {
          next();
          return;
        }
        api(request, response, url).catch((error: unknown) => {
          const refusal = error instanceof Refusal || error instanceof DeskRefusal ? error : new Refusal(500, "broken", String(error));
          response.writeHead(refusal.status, { "content-type": "application/json" });
          response.end(JSON.stringify({ error: { code: refusal.code, message: refusal.message, fields: {} } }));
        });
      });
    },
  };
}
