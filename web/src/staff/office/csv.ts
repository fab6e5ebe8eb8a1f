/** Tables as CSV (RFC 4180) that a spreadsheet opens as data, never as a formula. Pure. */
import { decimal } from "../../lib/money";
import type { Money } from "../../lib/types";

export type CsvCell = string | number | null | Money;
export type CsvColumn<Row> = { label: string; value: (row: Row) => CsvCell };

/** Leading characters that Excel, LibreOffice and Sheets take for a formula (OWASP, "CSV injection"). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/u;
const NUMBER = /^-?\d+(\.\d+)?$/;

/** One cell. Our own figures stay figures; text that could be a formula gets a leading apostrophe. */
export function csvCell(value: CsvCell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  if (typeof value === "object") return decimal(value);
  const safe = FORMULA.test(value) && !NUMBER.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** With a byte order mark, without which Excel takes UTF-8 for the machine's own code page. */
export function toCsv<Row>(columns: readonly CsvColumn<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map((column) => csvCell(column.label)),
    ...rows.map((row) => columns.map((column) => csvCell(column.value(row)))),
  ];
  return `\ufeff${lines.map((cells) => cells.join(",")).join("\r\n")}\r\n`;
}

/** A file name without what file systems dislike. */
export function csvName(...parts: string[]): string {
  const name = parts
    .join("-")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return `${name || "table"}.csv`;
}
