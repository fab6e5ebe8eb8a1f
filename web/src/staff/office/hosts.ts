/** Who may be named as a host: the shop's people with that role, and guests by name. */

export type Host = { id: string; name: string; email: string };

/** What stands in a `Select` for somebody who is none of the shop's people. */
export const GUEST = "";

/** The address stands beside a name that two people have. */
export function hostOptions(hosts: readonly Host[]): { value: string; label: string }[] {
  const named = (name: string) => hosts.filter((one) => one.name === name).length;
  return [
    ...hosts.map((one) => ({ value: one.id, label: named(one.name) > 1 ? `${one.name} (${one.email})` : one.name })),
    { value: GUEST, label: "A guest, by name" },
  ];
}
