/** One deed at a time: busy while it is on its way, and what the server had against it. */
import { toast } from "../../design";
import { ApiError, fieldOf, messageOf } from "../../lib/api";
import { leftOutside } from "../session.svelte";

/** Somebody else was faster: what the person acted on is not what is there now. */
const STALE = new Set(["changed_meanwhile", "wrong_state"]);

export class Deed {
  busy = $state<string | null>(null);
  problem = $state<string | null>(null);
  /** The field that the problem is about, if it is about one. */
  field = $state<string | null>(null);

  /** `onstale` fetches what is there now; what the person was writing stays with them. */
  constructor(private readonly onstale?: () => void) {}

  /** Do it unless another is on its way; true when it worked. */
  async run(name: string, work: () => Promise<void>, done?: string): Promise<boolean> {
    if (this.busy !== null) return false;
    this.busy = name;
    this.problem = this.field = null;
    try {
      await work();
      if (done) toast(done, "done");
      return true;
    } catch (error) {
      if (!leftOutside(error)) {
        this.problem = messageOf(error);
        if (error instanceof ApiError && STALE.has(error.code)) this.onstale?.();
        this.field = fieldOf(error);
      }
      return false;
    } finally {
      this.busy = null;
    }
  }

  /** The problem, if it is about this field. */
  of(field: string): string | undefined {
    return this.field === field && this.problem !== null ? this.problem : undefined;
  }
}
