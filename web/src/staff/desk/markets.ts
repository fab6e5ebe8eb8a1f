/** The markets that rule packs are written for. */
export const MARKETS: readonly { value: string; label: string }[] = [
  { value: "us-en", label: "United States, English" },
  { value: "uk-en", label: "United Kingdom, English" },
  { value: "eu-en", label: "European Union, English" },
  { value: "cn-zh", label: "China, Chinese" },
];

/** A market in words; its code where it is none of ours. */
export const marketLabel = (value: string): string => MARKETS.find((one) => one.value === value)?.label ?? value;
