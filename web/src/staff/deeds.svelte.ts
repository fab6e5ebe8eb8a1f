/** What is being done on a page that many things can be done on at once. */
import { SvelteSet } from "svelte/reactivity";
import { tell } from "./session.svelte";

export class Deeds {
  /** The names of what is on its way. */
  readonly busy = new SvelteSet<string>();

  /** One deed at a time of each name. False when it failed; the person has been told then. */
  protected async do(name: string, run: () => Promise<unknown>): Promise<boolean> {
    if (this.busy.has(name)) return false;
    this.busy.add(name);
    try {
      await run();
      return true;
    } catch (error) {
      tell(error);
      return false;
    } finally {
      this.busy.delete(name);
    }
  }
}
