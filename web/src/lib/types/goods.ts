/** What is sold, and by whom. */

export type Money = { minor: number; currency: string };

export type Variant = {
  id: string;
  title: string;
  sku: string | null;
  price: Money;
  compare_at: Money | null;
  /** Stock left now. */
  available: number;
  options: Record<string, string>;
};

export type Photo = { url: string; alt: string };

export type Product = {
  id: string;
  handle: string;
  title: string;
  vendor: string | null;
  description: string;
  photos: Photo[];
  variants: Variant[];
};

export type ShopRef = { id: string; slug: string; name: string; accent: string; currency: string };

export type LineRequest = { variant_id: string; quantity: number };
