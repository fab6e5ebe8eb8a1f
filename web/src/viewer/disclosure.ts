/** That the host is paid, on the viewer's screen: what it says, and whether it can be read there. */

export const DISCLOSURE = "Paid partnership";
export const LOOK_EVERY_MS = 2_000;

const HEIGHT_MIN_PX = 10;
const OPACITY_MIN = 0.7;
/** The middle and the four sides, as shares of its box: its corners may be round. */
const POINTS: readonly (readonly [number, number])[] = [
  [0.5, 0.5],
  [0.04, 0.5],
  [0.96, 0.5],
  [0.5, 0.12],
  [0.5, 0.88],
];

/** Whether `badge` stands whole on the screen, is opaque and lies on top. A picture in picture leaves it behind. */
export function isReadable(badge: HTMLElement | null): boolean {
  if (!badge || document.pictureInPictureElement) return false;
  if (getComputedStyle(badge).visibility !== "visible") return false;
  const box = badge.getBoundingClientRect();
  if (box.height < HEIGHT_MIN_PX || box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight) return false;
  if (opacity(badge) < OPACITY_MIN) return false;
  return POINTS.every(([across, down]) => {
    const top = document.elementFromPoint(box.left + box.width * across, box.top + box.height * down);
    return top !== null && (badge.contains(top) || isClearBackdrop(top, box));
  });
}

/** Beside an open sheet the page is inert, and a point of it finds the sheet's backdrop: what matters is that one sees
 * through it. (What else of the page lay on the badge was found before the sheet opened.) */
function isClearBackdrop(top: Element, badge: DOMRect): boolean {
  if (!(top instanceof HTMLDialogElement)) return false;
  const sheet = top.getBoundingClientRect();
  const apart = badge.right <= sheet.left || badge.left >= sheet.right || badge.bottom <= sheet.top || badge.top >= sheet.bottom;
  const alpha = /rgba\(.*,\s*([\d.]+)\)|\/\s*([\d.]+)\)/.exec(getComputedStyle(top, "::backdrop").backgroundColor);
  return apart && alpha !== null && Number(alpha[1] ?? alpha[2]) <= 1 - OPACITY_MIN;
}

/** Tells whether `badge` can be read, now and every few seconds; null while the page itself is not looked at. */
export function watchReadable(badge: () => HTMLElement | null, tell: (readable: boolean | null) => void): () => void {
  const look = (): void => tell(document.visibilityState === "visible" || document.pictureInPictureElement ? isReadable(badge()) : null);
  const first = requestAnimationFrame(look);
  const timer = setInterval(look, LOOK_EVERY_MS);
  document.addEventListener("visibilitychange", look);
  return () => {
    cancelAnimationFrame(first);
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
  };
}

function opacity(element: Element): number {
  let product = 1;
  for (let at: Element | null = element; at; at = at.parentElement) product *= Number(getComputedStyle(at).opacity);
  return product;
}
