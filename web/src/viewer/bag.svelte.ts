/** What the viewer means to buy: pieces by variant. It lives as long as the page. */
import { SvelteMap } from "svelte/reactivity";
import type { LineRequest } from "../lib/types";

export class Bag {
  readonly #pieces = new SvelteMap<string, number>();

  get lines(): LineRequest[] {
    return [...this.#pieces].map(([variant_id, quantity]) => ({ variant_id, quantity }));
  }

  get count(): number {
    return [...this.#pieces.values()].reduce((sum, quantity) => sum + quantity, 0);
  }

  add(variant_id: string, quantity: number, most: number): void {
    this.#pieces.set(variant_id, Math.min(most, (this.#pieces.get(variant_id) ?? 0) + quantity));
  }

  addLines(lines: readonly LineRequest[]): void {
    for (const { variant_id, quantity } of lines) this.#pieces.set(variant_id, (this.#pieces.get(variant_id) ?? 0) + quantity);
  }

  remove(variant_id: string): void {
    this.#pieces.delete(variant_id);
  }

  clear(): void {
    this.#pieces.clear();
  }
}
