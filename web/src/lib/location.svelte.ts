/** Where the single-page application is, as state. Links inside it change the address without a page load. */

let href = $state(window.location.href);

export const place = {
  get path(): string {
    return new URL(href).pathname;
  },
  get query(): URLSearchParams {
    return new URL(href).searchParams;
  },
};

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  const target = new URL(to, window.location.href);
  if (target.origin !== window.location.origin || ownPage(target.pathname)) {
    window.location.assign(target);
    return;
  }
  if (options.replace) history.replaceState(null, "", target);
  else history.pushState(null, "", target);
  href = target.href;
  window.scrollTo(0, 0);
}

/** Follow plain clicks on links of our own inside `node`; leave modified clicks, downloads and other sites alone. */
export function followLinks(node: HTMLElement): () => void {
  const onClick = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link?.href || link.target || link.hasAttribute("download") || event.defaultPrevented) return;
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const target = new URL(link.href);
    if (target.origin !== window.location.origin || ownPage(target.pathname)) return;
    if (target.pathname === window.location.pathname && target.hash) return;
    event.preventDefault();
    navigate(target.href);
  };
  const onPop = () => {
    href = window.location.href;
  };
  node.addEventListener("click", onClick);
  window.addEventListener("popstate", onPop);
  return () => {
    node.removeEventListener("click", onClick);
    window.removeEventListener("popstate", onPop);
  };
}

/** Served by the server as pages of their own, not by this application. */
function ownPage(path: string): boolean {
  return /^\/(watch|api|media|signin\/.)/.test(path);
}
