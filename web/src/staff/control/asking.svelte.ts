import { fieldOf, messageOf } from "../../lib/api";
import { leftOutside } from "../session.svelte";

/** What a dialog asks of the server, one thing at a time: which is under way, and what went wrong, by field. */
export class Asking {
  busy = $state<string | null>(null);
  /** `field`: "" for what concerns no field. */
  problem = $state<{ field: string; text: string } | null>(null);

  wrong(field: string): string | undefined {
    return this.problem?.field === field ? this.problem.text : undefined;
  }

  /** Whether it was done; when not, `problem` says why, unless the session has ended. */
  async run(what: string, deed: () => Promise<unknown>): Promise<boolean> {
    this.busy = what;
    this.problem = null;
    try {
      await deed();
      return true;
    } catch (error) {
      if (!leftOutside(error)) this.problem = { field: fieldOf(error) ?? "", text: messageOf(error) };
      return false;
    } finally {
      this.busy = null;
    }
  }
}
