/** What a buyer's form must hold. Pure. */
import type { AddressRules, OrderRequest } from "../lib/types";

export type BuyerForm = {
  email: string;
  name: string;
  line1: string;
  line2: string;
  city: string;
  region: string;
  postal_code: string;
  country: string;
};

export type FormErrors = Partial<Record<keyof BuyerForm, string>>;

export const EMPTY_FORM: BuyerForm = {
  email: "",
  name: "",
  line1: "",
  line2: "",
  city: "",
  region: "",
  postal_code: "",
  country: "US",
};

/** Countries offered at checkout (ISO 3166-1 alpha-2). */
export const COUNTRIES =
  "US CA GB IE AU NZ DE AT CH FR BE NL LU ES PT IT DK SE NO FI IS PL CZ SK HU SI HR RO BG GR EE LV LT MT CY JP KR SG HK TW MX BR".split(" ");

/** Until the country's own rules have come: ask for what most countries have, and let the server say the rest. */
export const PLAIN_RULES: AddressRules = {
  country: "",
  fields: ["line1", "postal_code", "city"],
  required: ["line1", "postal_code", "city"],
  region_label: "Region",
  city_label: "City",
  postal_code_label: "Postal code",
  postal_code_pattern: null,
  postal_code_example: null,
  regions: [],
};

const LENGTH_MAX = 120;

/** What a country does not ask for is not sent. */
export function fitted(form: BuyerForm, rules: AddressRules): BuyerForm {
  const kept = (field: "city" | "region" | "postal_code") => (rules.fields.includes(field) ? form[field] : "");
  const region = rules.regions.length === 0 || rules.regions.some((one) => one.code === form.region) ? kept("region") : "";
  return { ...form, city: kept("city"), region, postal_code: kept("postal_code") };
}

const lower = (label: string) => (/^[A-Z]{2,}/.test(label) ? label : label.toLowerCase());

/** Only what is wrong; an empty object is a good form. */
export function validate(form: BuyerForm, rules: AddressRules): FormErrors {
  const errors: FormErrors = {};
  const text = (key: keyof BuyerForm) => form[key].trim();
  if (!/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(text("email"))) errors.email = "Write it like name@example.com.";
  if (text("name") === "") errors.name = "Who should the parcel be for?";
  const needs = (field: keyof BuyerForm & AddressRules["required"][number]) => rules.required.includes(field) && text(field) === "";
  if (needs("line1")) errors.line1 = "Street and number are missing.";
  if (needs("city")) errors.city = `The ${lower(rules.city_label)} is missing.`;
  if (needs("region")) errors.region = `The ${lower(rules.region_label)} is missing.`;
  const { postal_code_pattern: pattern, postal_code_example: example } = rules;
  if (needs("postal_code")) errors.postal_code = `The ${lower(rules.postal_code_label)} is missing.`;
  else if (pattern && rules.fields.includes("postal_code") && text("postal_code") !== "" && !new RegExp(`^(?:${pattern})$`, "i").test(text("postal_code")))
    errors.postal_code = `Write it like ${example ?? ""}.`;
  for (const key of Object.keys(form) as (keyof BuyerForm)[]) {
    if (form[key].length > LENGTH_MAX) errors[key] = `At most ${LENGTH_MAX} characters.`;
  }
  return errors;
}

export function buyerOf(form: BuyerForm): OrderRequest["buyer"] {
  const line2 = form.line2.trim();
  const region = form.region.trim();
  return {
    email: form.email.trim(),
    name: form.name.trim(),
    address: {
      line1: form.line1.trim(),
      ...(line2 ? { line2 } : {}),
      city: form.city.trim(),
      postal_code: form.postal_code.trim(),
      ...(region ? { region } : {}),
      country: form.country,
    },
  };
}

/** The form that made this buyer. */
export function formOf({ email, name, address }: OrderRequest["buyer"]): BuyerForm {
  return { line2: "", region: "", ...address, email, name };
}
