/** The pages of the single-page application. Each is loaded when it is first opened. */
import type { Component } from "svelte";
import type { Params } from "../lib/router";

export type Page = () => Promise<{ default: Component<{ params: Params }> }>;

export const ROUTES: readonly (readonly [pattern: string, page: Page])[] = [
  ["/", () => import("../pages/Landing.svelte")],
  ["/receipt/:id", () => import("../pages/Receipt.svelte")],
  ["/account/:shop", () => import("../account/AccountPage.svelte")],
  ["/account/:shop/signin", () => import("../account/SignInByLink.svelte")],
  ["/signin", () => import("../staff/signin/SignIn.svelte")],
  ["/signin/:token", () => import("../staff/signin/SignInByLink.svelte")],
  ["/control", () => import("../staff/control/Shows.svelte")],
  ["/control/:slug", () => import("../staff/control/ControlRoom.svelte")],
  ["/office/:shop", () => import("../staff/office/Orders.svelte")],
  ["/office/:shop/orders", () => import("../staff/office/Orders.svelte")],
  ["/office/:shop/orders/:id", () => import("../staff/office/OrderPage.svelte")],
  ["/office/:shop/shows", () => import("../staff/office/shows/PastShows.svelte")],
  ["/office/:shop/statements", () => import("../staff/office/Statements.svelte")],
  ["/office/:shop/books", () => import("../staff/office/Books.svelte")],
  ["/office/:shop/books/:statement", () => import("../staff/office/ClosedStatement.svelte")],
  ["/office/:shop/rates", () => import("../staff/office/Rates.svelte")],
  ["/office/:shop/terms", () => import("../staff/office/Terms.svelte")],
  ["/office/:shop/deals", () => import("../staff/office/Deals.svelte")],
  ["/office/:shop/deals/new", () => import("../staff/office/deals/NewDeal.svelte")],
  ["/office/:shop/plans", () => import("../staff/office/plans/Plans.svelte")],
  ["/office/:shop/plans/new", () => import("../staff/office/plans/PlanBuilder.svelte")],
  ["/office/:shop/plans/compare", () => import("../staff/office/plans/ComparePlans.svelte")],
  ["/office/:shop/plans/:plan", () => import("../staff/office/plans/PlanPage.svelte")],
  ["/office/:shop/plans/:plan/edit", () => import("../staff/office/plans/PlanBuilder.svelte")],
  ["/office/:shop/funding", () => import("../staff/office/deals/Agreements.svelte")],
  ["/funding", () => import("../staff/funding/Funding.svelte")],
  ["/office/:shop/creators", () => import("../staff/office/Creators.svelte")],
  ["/office/:shop/rules", () => import("../staff/office/Rules.svelte")],
  ["/office/:shop/products/:product", () => import("../staff/office/products/ProductPage.svelte")],
  ["/office/:shop/products", () => import("../staff/office/Products.svelte")],
  ["/desk/:shop", () => import("../staff/desk/Claims.svelte")],
  ["/desk/:shop/claims", () => import("../staff/desk/Claims.svelte")],
  ["/desk/:shop/claims/new", () => import("../staff/desk/NewClaim.svelte")],
  ["/desk/:shop/claims/:id", () => import("../staff/desk/Claim.svelte")],
  ["/desk/:shop/scripts", () => import("../staff/desk/Scripts.svelte")],
  ["/desk/:shop/scripts/new", () => import("../staff/desk/NewScript.svelte")],
  ["/desk/:shop/scripts/:id", () => import("../staff/desk/Script.svelte")],
  ["/desk/:shop/reports", () => import("../staff/desk/reports/Reports.svelte")],
  ["/desk/:shop/live", () => import("../staff/desk/live/OnAir.svelte")],
  ["/desk/:shop/live/:show", () => import("../staff/desk/live/LiveDesk.svelte")],
  ["/host/:show", () => import("../staff/host/Host.svelte")],
  ["/studio/:show", () => import("../staff/studio/Studio.svelte")],
  ["/styleguide", () => import("../pages/Styleguide.svelte")],
];

export const NOT_FOUND: Page = () => import("../pages/NotFound.svelte");
