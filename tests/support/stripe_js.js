// Stands in for https://js.stripe.com in the browser's tests: the part of Stripe.js that the player uses, at the edge of
// the world. Its form is a frame of js.stripe.com, its challenge one of hooks.stripe.com, and it talks to
// api.stripe.com: so what the page's Content-Security-Policy allows is what it needs.
window.Stripe = function (key) {
  const ask = async (path, fields) => {
    const answer = await fetch(`https://api.stripe.com${path}`, { method: "POST", body: new URLSearchParams({ key, ...fields }) });
    return await answer.json();
  };
  const framed = (node, url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    frame.title = "Stripe";
    frame.style.cssText = "width:100%;height:120px;border:0;color-scheme:normal";
    node.append(frame);
    return frame;
  };
  const heard = (frame, known) =>
    new Promise((done) => {
      addEventListener("message", function listener(event) {
        if (event.source !== frame.contentWindow) return;
        if (known(event.data)) {
          removeEventListener("message", listener);
          done(event.data);
        }
      });
    });
  let card = "";
  return {
    elements: (options) => ({
      options,
      update: (more) => Object.assign(options, more),
      create: () => {
        const listeners = {};
        return {
          on: (name, listener) => (listeners[name] = listener),
          mount: (node) => {
            const frame = framed(node, "https://js.stripe.com/form");
            void heard(frame, (said) => {
              if (said === "ready") listeners.ready?.();
              else card = said;
              return false;
            });
          },
        };
      },
      submit: async () => (card.length < 16 ? { error: { message: "Your card number is incomplete." } } : {}),
    }),
    createConfirmationToken: async ({ elements, params }) => {
      window.stripe_asked = { ...elements.options, appearance: undefined, params };
      const made = await ask("/v1/payment_methods", {
        type: "card",
        "card[number]": card,
        "card[exp_month]": "12",
        "card[exp_year]": "2040",
        "card[cvc]": "123",
      });
      return { confirmationToken: { id: made.id } };
    },
    handleNextAction: async ({ clientSecret }) => {
      // On the page, as high as a page goes: below what the browser itself puts on top.
      const window_ = document.createElement("div");
      window_.id = "stripe-window";
      window_.style.cssText = "position:fixed;inset:0;z-index:2147483647;background:#fffc";
      document.body.append(window_);
      const said = await heard(framed(window_, "https://hooks.stripe.com/challenge"), () => true);
      window_.remove();
      if (said === "left") return { error: { message: "The buyer left." } };
      const id = clientSecret.split("_secret_")[0];
      const paymentIntent = await ask(`/v1/payment_intents/${id}/_authenticate`, {
        client_secret: clientSecret,
        success: String(said === "yes"),
      });
      return { paymentIntent };
    },
  };
};
