/** A plan as it is typed, and as it is sent. Pure. */
import { decimal } from "../../../lib/money";
import { bpsOf, countOf, EMPTY, minorOf, toDeal, type Draft as DealDraft } from "../deals/terms";
import { looksReal, proposalOf, type Proposal } from "../shows/audience";
import type { Agreement, Basket, Plan, Start } from "./api";

export type ShowDraft = { key: number; title: string; starts: string; minutes: string; viewers: string; host: string; commission: string; fixed: string; show_id: string };
export type DealRow = { key: number; opens: string; agreement: string; kept: Plan["deals"][number] | null; terms: DealDraft };
export type BasketRow = { key: number; lines: { variant_id: string; quantity: string }[]; weight: string };
export type AgreementRow = { key: number; kept: Agreement; shares: string[]; step: string; later: string[] };

export type PlanDraft = {
  name: string;
  shows: ShowDraft[];
  baskets: BasketRow[];
  agreements: AgreementRow[];
  deals: DealRow[];
  costs: Record<string, string>;
  conversion: string;
  viewers_spread: string;
  conversion_spread: string;
  repeat: string;
  returned: string;
  code: string;
  lift: string;
  rests_on: string;
  sending: string;
  runs: string;
  seed: string;
};

let last = 0;
export const nextKey = () => (last += 1);

const two = (value: number) => String(value).padStart(2, "0");

/** A moment as `<input type="datetime-local">` writes it, in the reader's own time. */
export function localTime(us: number): string {
  const date = new Date(us / 1000);
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

export const usOf = (local: string) => {
  const ms = new Date(local).getTime();
  return Number.isFinite(ms) ? ms * 1000 : 0;
};

const rate = (bps: number) => String(bps / 100);
const amount = (minor: number, currency: string) => decimal({ minor, currency });

export const basketRow = (basket: Basket): BasketRow => ({
  key: nextKey(),
  lines: basket.lines.map((line) => ({ variant_id: line.variant_id, quantity: String(line.quantity) })),
  weight: String(basket.weight),
});

export const agreementRow = (kept: Agreement): AgreementRow => ({
  key: nextKey(),
  kept,
  shares: kept.terms.funders.map((one) => rate(one.share_bps)),
  step: kept.terms.steps[0] ? localTime(kept.terms.steps[0].from_us) : "",
  later: kept.terms.steps[0]?.shares_bps.map(rate) ?? kept.terms.funders.map((one) => rate(one.share_bps)),
});

export const showRow = (starts: string, viewers = "500"): ShowDraft => ({ key: nextKey(), title: "Show", starts, minutes: "60", viewers, host: "", commission: "0", fixed: "0", show_id: "" });

export const dealRow = (opens: string, agreement: string): DealRow => ({
  key: nextKey(),
  opens,
  agreement,
  kept: null,
  terms: { ...EMPTY, form: "campaign", kind: "percentage", title: "Offer", figure: "20", minutes: String(7 * 24 * 60) },
});

/** A plan that nobody has typed yet: of what the shop has and its past shows say. */
export function beginning(start: Start, nowUs: number): PlanDraft {
  const { past } = start;
  const first = start.variants[0];
  const proposal = proposalOf(past.watched.filter(looksReal));
  const baskets = past.baskets.length > 0 ? past.baskets : first ? [{ lines: [{ variant_id: first.variant_id, quantity: 1 }], weight: 1 }] : [];
  const draft: PlanDraft = {
    name: "",
    shows: [showRow(localTime(nowUs + 7 * 86_400_000_000))],
    baskets: baskets.map(basketRow),
    agreements: start.agreements.slice(0, 10).map(agreementRow),
    deals: [],
    costs: Object.fromEntries(start.variants.filter((one) => one.unit_cost_minor !== null).map((one) => [one.variant_id, amount(one.unit_cost_minor ?? 0, start.currency)])),
    conversion: "2",
    viewers_spread: rate(past.orders_spread_bps),
    conversion_spread: "0",
    repeat: rate(past.repeat_bps),
    returned: rate(past.return_bps),
    code: "0",
    lift: "0",
    rests_on: String(past.shows),
    sending: "",
    runs: "1000",
    seed: "1",
  };
  if (proposal) propose(draft, proposal);
  return draft;
}

/** Write what past audiences say over the draft's traffic and conversion. */
export function propose(draft: PlanDraft, proposal: Proposal): void {
  for (const show of draft.shows) show.viewers = String(proposal.viewers);
  draft.viewers_spread = rate(proposal.viewers_spread_bps);
  draft.conversion = rate(proposal.conversion_bps);
  draft.conversion_spread = rate(proposal.conversion_spread_bps);
  draft.rests_on = String(proposal.rests_on_shows);
}

/** A saved plan, to be changed. */
export function fromPlan(plan: Plan, name: string, currency: string): PlanDraft {
  const given = plan.assumptions;
  return {
    name,
    shows: plan.shows.map((one) => ({
      key: nextKey(),
      title: one.title,
      starts: localTime(one.starts_us),
      minutes: String(one.duration_s / 60),
      viewers: String(one.viewers),
      host: one.creator_name,
      commission: rate(one.commission_bps),
      fixed: amount(one.fixed_cost_minor, currency),
      show_id: one.show_id ?? "",
    })),
    baskets: plan.baskets.map(basketRow),
    agreements: plan.agreements.map(agreementRow),
    deals: plan.deals.map((one) => ({ ...dealRow(localTime(one.opens_us), one.terms.agreement_id ?? ""), kept: one })),
    costs: Object.fromEntries(plan.unit_costs.map((one) => [one.variant_id, amount(one.cost_minor, currency)])),
    conversion: rate(given.conversion_bps),
    viewers_spread: rate(given.viewers_spread_bps),
    conversion_spread: rate(given.conversion_spread_bps),
    repeat: rate(given.repeat_bps),
    returned: rate(given.return_bps),
    code: rate(given.code_bps),
    lift: rate(given.lift_bps),
    rests_on: String(given.rests_on_shows),
    sending: plan.shipping_cost_minor === null ? "" : amount(plan.shipping_cost_minor, currency),
    runs: String(plan.runs),
    seed: String(plan.seed),
  };
}

/** Variants that some basket names. */
export const usedVariants = (draft: PlanDraft) => [...new Set(draft.baskets.flatMap((one) => one.lines.map((line) => line.variant_id)))];

function agreementOf(row: AgreementRow): Agreement {
  const { terms } = row.kept;
  const shares = row.shares.map((text) => bpsOf(text) ?? 0);
  const steps = row.step === "" ? [] : [{ from_us: usOf(row.step), shares_bps: row.later.map((text) => bpsOf(text) ?? 0) }];
  return {
    id: row.kept.id,
    terms: { ...terms, funders: terms.funders.map((one, place) => ({ ...one, share_bps: shares[place] ?? 0 })), steps: [...steps, ...terms.steps.slice(1)] },
  };
}

export function toPlan(draft: PlanDraft, currency: string): Plan {
  const bps = (text: string) => bpsOf(text) ?? 0;
  const minor = (text: string) => minorOf(text, currency) ?? 0;
  const used = new Set(usedVariants(draft));
  return {
    shows: draft.shows.map((one) => ({
      title: one.title,
      starts_us: usOf(one.starts),
      duration_s: (countOf(one.minutes) ?? 0) * 60,
      viewers: countOf(one.viewers) ?? 0,
      creator_name: one.host,
      commission_bps: bps(one.commission),
      fixed_cost_minor: minor(one.fixed),
      show_id: one.show_id === "" ? null : one.show_id,
    })),
    baskets: draft.baskets.map((one) => ({
      lines: one.lines.map((line) => ({ variant_id: line.variant_id, quantity: countOf(line.quantity) ?? 0 })),
      weight: countOf(one.weight) ?? 0,
    })),
    assumptions: {
      conversion_bps: bps(draft.conversion),
      viewers_spread_bps: bps(draft.viewers_spread),
      conversion_spread_bps: bps(draft.conversion_spread),
      repeat_bps: bps(draft.repeat),
      return_bps: bps(draft.returned),
      code_bps: bps(draft.code),
      lift_bps: bps(draft.lift),
      rests_on_shows: countOf(draft.rests_on) ?? 0,
    },
    unit_costs: Object.entries(draft.costs)
      .filter(([id, text]) => used.has(id) && text.trim() !== "")
      .map(([variant_id, text]) => ({ variant_id, cost_minor: minor(text) })),
    agreements: draft.agreements.map(agreementOf),
    deals: draft.deals.map((one) =>
      one.kept
        ? { opens_us: usOf(one.opens), terms: { ...one.kept.terms, agreement_id: one.agreement === "" ? null : one.agreement } }
        : {
            opens_us: usOf(one.opens),
            terms: toDeal(one.terms, currency, {
              agreement_id: one.agreement === "" ? null : one.agreement,
              funders: one.agreement === "" ? [{ party: "brand", name: "Brand", share_bps: 10_000, budget_minor: 1_000_000_000, cap_order_minor: null, cap_day_minor: null }] : [],
            }),
          },
    ),
    shipping_cost_minor: draft.sending.trim() === "" ? null : minor(draft.sending),
    runs: countOf(draft.runs) ?? 0,
    seed: countOf(draft.seed) ?? 0,
  };
}
