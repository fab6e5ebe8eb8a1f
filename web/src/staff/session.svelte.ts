/** Who is signed in. Staff pages stand inside a `StaffPage`, which makes sure of it. */
import { toast } from "../design";
import { ApiError, getMe, messageOf, useCsrfToken } from "../lib/api";
import { navigate, place } from "../lib/location.svelte";
import type { Me, Role } from "../lib/types";
import { deleteSession, postSession, postSessionLink } from "./api";

let me = $state.raw<Me | null>(null);

export const session = {
  get me(): Me | null {
    return me;
  },
};

function enter(answer: Me): Me {
  useCsrfToken(answer.csrf_token);
  me = answer;
  return answer;
}

let asking: Promise<Me> | null = null;

/** The signed-in person; ApiError 401 when nobody is. Several askers share one question. */
export async function load(): Promise<Me> {
  if (me) return me;
  asking ??= getMe()
    .then(enter)
    .finally(() => (asking = null));
  return asking;
}

export async function signIn(email: string, password: string): Promise<Me> {
  return enter(await postSession(email, password));
}

export async function signInByLink(token: string): Promise<Me> {
  return enter(await postSessionLink(token));
}

export async function signOut(): Promise<void> {
  await deleteSession();
  me = null;
  useCsrfToken(null);
  navigate("/signin");
}

/** To the sign-in page and back here afterwards. True when `error` said that nobody is signed in. */
export function leftOutside(error: unknown): boolean {
  if (!(error instanceof ApiError) || error.status !== 401) return false;
  me = null;
  useCsrfToken(null);
  navigate(`/signin?next=${encodeURIComponent(here())}`, { replace: true });
  return true;
}

/** Say what went wrong, unless it was that nobody is signed in. */
export function tell(error: unknown): void {
  if (!leftOutside(error)) toast(messageOf(error), "problem");
}

function here(): string {
  const query = place.query.toString();
  return query ? `${place.path}?${query}` : place.path;
}

/** An owner may do everything; the server has the last word. */
export function may(person: Me, shopId: string, ...roles: Role[]): boolean {
  const held = person.memberships.find((one) => one.shop.id === shopId)?.roles ?? [];
  return held.includes("owner") || held.some((role) => roles.includes(role));
}
