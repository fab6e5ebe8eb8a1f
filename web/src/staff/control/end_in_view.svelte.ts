import { tick } from "svelte";

/** Near enough to the end to follow it. */
const FOLLOW_PX = 48;

/** Keeps the end of a list that grows in view, for as long as its reader stays there. Made while a component is. */
export class EndInView {
  scroller: HTMLDivElement | undefined = $state();
  following = $state(true);

  /** `content` reads what the list shows, so that a change of it is seen. */
  constructor(content: () => unknown) {
    // A panel that shrinks (a notice above it, a window) must not lose its end.
    $effect(() => {
      if (!this.scroller) return;
      const sizes = new ResizeObserver(() => {
        if (this.following) this.#toEnd();
      });
      sizes.observe(this.scroller);
      return () => sizes.disconnect();
    });
    $effect(() => {
      content();
      if (this.following) void tick().then(() => this.#toEnd());
    });
  }

  readonly onscroll = (): void => {
    const list = this.scroller;
    if (list) this.following = list.scrollHeight - list.scrollTop - list.clientHeight < FOLLOW_PX;
  };

  jump(): void {
    this.following = true;
    this.#toEnd();
  }

  #toEnd(): void {
    this.scroller?.scrollTo({ top: this.scroller.scrollHeight });
  }
}
