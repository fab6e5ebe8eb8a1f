/** Where `next` of the sign-in page may lead: a path of ours, never another site, never back to signing in. */
export function safeNext(next: string | null): string {
  if (!next?.startsWith("/") || /^\/[/\\]/.test(next) || /[\t\r\n]/.test(next) || next.startsWith("/signin")) return "/control";
  return next;
}
