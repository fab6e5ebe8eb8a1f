/** Who works for a shop. */

import type { ShopRef } from "./goods";

export type Role = "owner" | "producer" | "compliance" | "finance" | "host";

export type Me = {
  person: { id: string; name: string; email: string };
  csrf_token: string;
  memberships: { shop: ShopRef; roles: Role[] }[];
};

export type ImportReport = {
  imported: number;
  updated: number;
  skipped_rows: { line: number; problem: string }[];
};
