/** A shop's contracts in the stand-in back end; they last until the server stops. */
import type { Contract, Contracts, NewContract } from "../src/staff/office/contracts_api.ts";

const DAY_US = 86_400_000_000;
const now = () => Date.now() * 1000;
const hosts = [{ id: "p-3", name: "Joe Calloway", email: "joe@quietacre.example" }];
const contracts: Contract[] = [
  { id: "k-1", creator_name: "Joe Calloway", payer_name: "Quiet Acre", paid_how: "commission", from_us: now() - 40 * DAY_US, until_us: null, recorded_us: now() - 40 * DAY_US, recorded_by: "Nora Field", person_id: "p-3", person_name: "Joe Calloway" },
  { id: "k-2", creator_name: "Priya Anand", payer_name: "Harlow Distribution", paid_how: "fee", from_us: now() - 400 * DAY_US, until_us: now() - 35 * DAY_US, recorded_us: now() - 400 * DAY_US, recorded_by: null, person_id: null, person_name: null },
];

export const contractsView = (): Contracts => ({ contracts: [...contracts].sort((a, b) => b.from_us - a.from_us), hosts, server_now_us: now() });

export function addContract(made: NewContract): Contracts {
  contracts.push({ ...made, id: `k-${contracts.length + 1}`, from_us: made.from_us ?? now(), recorded_us: now(), recorded_by: "Nora Field", person_name: hosts.find((one) => one.id === made.person_id)?.name ?? null });
  return contractsView();
}

export function endContract(id: string): Contracts {
  const found = contracts.find((one) => one.id === id);
  if (found) found.until_us = now();
  return contractsView();
}
