/** Whether this viewer follows the shop. The server keeps it by the browser's random id; the browser remembers it too,
 * so that the button is right from the first paint. */
import { toast } from "../design";
import { ApiError, postFollow } from "../lib/api";
import { follows, rememberFollow, viewerId } from "./viewer_memory";

export class Follow {
  following = $state(false);
  busy = $state(false);
  #shop_id = "";

  /** The shop of the show, once it is known. */
  of(shop_id: string): void {
    if (shop_id === this.#shop_id) return;
    this.#shop_id = shop_id;
    this.following = follows(shop_id);
  }

  async toggle(): Promise<void> {
    if (this.busy || !this.#shop_id) return;
    const wanted = !this.following;
    this.busy = true;
    try {
      await postFollow(this.#shop_id, viewerId(), wanted);
      this.following = wanted;
      rememberFollow(this.#shop_id, wanted);
    } catch (error) {
      const often = error instanceof ApiError && error.status === 429;
      toast(often ? "That was quick. Wait a moment, then try again." : "That did not work. Try again.", "problem");
    } finally {
      this.busy = false;
    }
  }
}
