/** Tells the server which products this viewer has open, in the bag or at checkout, and whether it can be read on the
 * screen that the host is paid, as long as that is so.
 *
 * Hosts say how many people look at a thing; what they say is compared with this count. That viewers are told who pays
 * is verified by it. The server forgets a viewer who has said nothing for half a minute. */
import { postLooking } from "../lib/api";
import { viewerId } from "./viewer_memory";

export const LOOKING_EVERY_MS = 10_000;
/** A crowd that only watches says less. */
export const WATCHING_EVERY_MS = 20_000;
/** Who leafs through the shelf tells where they stopped. */
export const LOOKING_PAUSE_MS = 500;
export const ITEMS_MAX = 20;

export class Looking {
  #told = false;

  /** From now on it is these products of the show, and so it stands with the disclosure (null: none is due, or nobody
   * looks at the page); what is returned ends it. */
  at(show_id: string, product_ids: readonly string[], disclosure_shown: boolean | null): () => void {
    const items = [...new Set(product_ids)].slice(0, ITEMS_MAX);
    const something = items.length > 0 || disclosure_shown !== null;
    if (!something && !this.#told) return () => undefined;
    const tell = (): void => {
      this.#told = something;
      postLooking(show_id, viewerId(), items, disclosure_shown).catch(() => undefined); // it is said again soon
    };
    let again: ReturnType<typeof setInterval> | undefined;
    const first = setTimeout(() => {
      tell();
      if (something) again = setInterval(tell, items.length > 0 ? LOOKING_EVERY_MS : WATCHING_EVERY_MS);
    }, LOOKING_PAUSE_MS);
    return () => {
      clearTimeout(first);
      clearInterval(again);
    };
  }
}
