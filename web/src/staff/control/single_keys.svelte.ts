/** Whether single letters work as keys (WCAG 2.1.4): one choice for the control room and the live desk, remembered. */
const NAME = "tallylight.single-keys";

class SingleKeys {
  #on = $state(remembered());

  get on(): boolean {
    return this.#on;
  }

  set on(on: boolean) {
    this.#on = on;
    try {
      localStorage.setItem(NAME, on ? "on" : "off");
    } catch {
      // Private windows may refuse; the choice then lasts as long as the page.
    }
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(NAME) !== "off";
  } catch {
    return true;
  }
}

export const singleKeys = new SingleKeys();
