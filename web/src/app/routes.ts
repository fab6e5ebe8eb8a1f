/** The pages of the single-page application. Each is loaded when it is first opened. */
import type { Component } from "svelte";
import type { Params } from "../lib/router";

export type Page = () => Promise<{ default: Component<{ params: Params }> }>;

export const ROUTES: readonly (readonly [pattern: string, page: Page])[] = [
  ["/", () => import("../pages/Landing.svelte")],
  ["/receipt/:id", () => import("../pages/Receipt.svelte")],
  ["/signin", () => import("../staff/signin/SignIn.svelte")],
  ["/control", () => import("../staff/control/Shows.svelte")],
  ["/control/:slug", () => import("../staff/control/ControlRoom.svelte")],
  ["/office/:shop", () => import("../staff/office/Orders.svelte")],
  ["/office/:shop/orders", () => import("../staff/office/Orders.svelte")],
  ["/office/:shop/orders/:id", () => import("../staff/office/OrderPage.svelte")],
  ["/office/:shop/statements", () => import("../staff/office/Statements.svelte")],
  ["/office/:shop/deals", () => import("../staff/office/Deals.svelte")],
  ["/office/:shop/creators", () => import("../staff/office/Creators.svelte")],
  ["/office/:shop/rules", () => import("../staff/office/Rules.svelte")],
  ["/office/:shop/products", () => import("../staff/office/Products.svelte")],
  ["/desk/:shop/reports", () => import("../staff/desk/reports/Reports.svelte")],
  ["/styleguide", () => import("../pages/Styleguide.svelte")],
];

export const NOT_FOUND: Page = () => import("../pages/NotFound.svelte");
