/** Asks the rules about lines while they are written: a moment after the last stroke, one question at a time. */
import { ApiError } from "../../lib/api";
import { leftOutside } from "../session.svelte";
import type { Checks, LineCheck, Segment } from "./types";

const REST_MS = 500;

export class ScriptChecker {
  /** Of the segments as they were when the rules were last asked. */
  findings = $state.raw<readonly LineCheck[]>([]);
  state = $state<"idle" | "checking" | "done" | "failed">("idle");
  problem = $state("");
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asked: AbortController | null = null;

  constructor(private readonly ask: (market: string, segments: Segment[], signal: AbortSignal) => Promise<Checks>) {}

  /** Check these, unless others follow at once. */
  check(market: string, segments: Segment[], rest_ms = REST_MS): void {
    this.stop();
    if (segments.every((one) => one.lines.length === 0)) {
      this.findings = [];
      this.state = "idle";
      return;
    }
    this.state = "checking";
    this.#timer = setTimeout(() => void this.#run(market, segments), rest_ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#asked?.abort();
  }

  async #run(market: string, segments: Segment[]): Promise<void> {
    const asked = (this.#asked = new AbortController());
    try {
      const { findings } = await this.ask(market, segments, asked.signal);
      if (asked.signal.aborted) return;
      this.findings = findings;
      this.state = "done";
    } catch (error) {
      if (asked.signal.aborted || leftOutside(error)) return;
      this.state = "failed";
      this.problem = error instanceof ApiError ? error.message : "The rules did not answer.";
    }
  }
}
