/** Hands the show's address on: the device's own way where there is one, else the clipboard. */
import { toast } from "../design";

export async function share(title: string, slug: string): Promise<void> {
  const url = `${window.location.origin}/watch/${slug}`;
  try {
    if (typeof navigator.share === "function") await navigator.share({ title, url });
    else {
      await navigator.clipboard.writeText(url);
      toast("Link copied", "done");
    }
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) toast(url);
  }
}
