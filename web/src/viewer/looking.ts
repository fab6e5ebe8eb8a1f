/** Tells the server which products this viewer has open, in the bag or at checkout, as long as that is so.
 *
 * Hosts say how many people look at a thing; what they say is compared with this count. The server forgets a viewer who
 * has said nothing for half a minute. */
import { postLooking } from "../lib/api";
import { viewerId } from "./viewer_memory";

export const LOOKING_EVERY_MS = 10_000;
/** Who leafs through the shelf tells where they stopped. */
export const LOOKING_PAUSE_MS = 500;
export const ITEMS_MAX = 20;

export class Looking {
  #told = false;

  /** From now on it is these products of the show; what is returned ends it. */
  at(show_id: string, product_ids: readonly string[]): () => void {
    const items = [...new Set(product_ids)].slice(0, ITEMS_MAX);
    if (items.length === 0 && !this.#told) return () => undefined;
    const tell = (): void => {
      this.#told = items.length > 0;
      postLooking(show_id, viewerId(), items).catch(() => undefined); // it is said again soon
    };
    let again: ReturnType<typeof setInterval> | undefined;
    const first = setTimeout(() => {
      tell();
      if (items.length > 0) again = setInterval(tell, LOOKING_EVERY_MS);
    }, LOOKING_PAUSE_MS);
    return () => {
      clearTimeout(first);
      clearInterval(again);
    };
  }
}
