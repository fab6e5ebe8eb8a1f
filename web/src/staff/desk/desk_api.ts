/** The compliance desk's part of the HTTP API. */
import { call, type CallOptions } from "../../lib/api";
import type { Checks, Choices, ClaimCard, ClaimContent, ClaimDetail, ClaimImport, RedLine, ScriptCard, ScriptDetail, ScriptOnAir, Segment } from "./types";

const part = encodeURIComponent;
const SLOW_MS = 120_000;
const shop = (id: string) => `/api/desk/shops/${part(id)}`;
const claim = (id: string) => `/api/desk/claims/${part(id)}`;
const script = (id: string) => `/api/desk/scripts/${part(id)}`;

export const getChoices = (shopId: string, options?: CallOptions) => call<Choices>("GET", `${shop(shopId)}/script-choices`, undefined, options);

export const getClaims = (shopId: string, options?: CallOptions) =>
  call<{ claims: ClaimCard[] }>("GET", `${shop(shopId)}/claims`, undefined, options).then((answer) => answer.claims);

export const getClaim = (id: string, options?: CallOptions) => call<ClaimDetail>("GET", claim(id), undefined, options);

export const postClaim = (shopId: string, content: Omit<ClaimContent, "file_id"> & { product_id: string | null; market: string }) =>
  call<ClaimDetail>("POST", `${shop(shopId)}/claims`, content);

export const putClaim = (id: string, content: ClaimContent & { revision: number }) => call<ClaimDetail>("PUT", claim(id), content);

export const postClaimSubmit = (id: string, revision: number, comment: string) =>
  call<ClaimDetail>("POST", `${claim(id)}/submit`, { revision, comment });

export const postClaimDecision = (id: string, approve: boolean, revision: number, comment: string) =>
  call<ClaimDetail>("POST", `${claim(id)}/decision`, { approve, revision, comment });

export const postClaimWithdraw = (id: string, comment: string) => call<ClaimDetail>("POST", `${claim(id)}/withdraw`, { comment });

export const postClaimComment = (id: string, comment: string) => call<ClaimDetail>("POST", `${claim(id)}/comments`, { comment });

export const postClaimFile = (id: string, file: File) =>
  call<{ id: string }>("POST", `${claim(id)}/files?name=${part(file.name)}`, file, {
    contentType: "application/octet-stream",
    timeout_ms: SLOW_MS,
  });

export const claimFileUrl = (id: string, fileId: string) => `${claim(id)}/files/${part(fileId)}`;

export const claimsExportUrl = (shopId: string) => `${shop(shopId)}/claims/export`;

export const postClaimsCsv = (shopId: string, file: Blob) =>
  call<ClaimImport>("POST", `${shop(shopId)}/claims/import`, file, { contentType: "text/csv", timeout_ms: SLOW_MS });

export const getScripts = (shopId: string, options?: CallOptions) =>
  call<{ scripts: ScriptCard[] }>("GET", `${shop(shopId)}/scripts`, undefined, options).then((answer) => answer.scripts);

export const getScript = (id: string, options?: CallOptions) => call<ScriptDetail>("GET", script(id), undefined, options);

export const postScript = (shopId: string, title: string, market: string, segments: Segment[]) =>
  call<ScriptDetail>("POST", `${shop(shopId)}/scripts`, { title, market, segments });

export const putScript = (id: string, title: string, segments: Segment[], revision: number) =>
  call<ScriptDetail>("PUT", script(id), { title, segments, revision });

export const postScriptCheck = (shopId: string, market: string, segments: Segment[], options?: CallOptions) =>
  call<Checks>("POST", `${shop(shopId)}/scripts/check`, { market, segments }, options);

export const postScriptSubmit = (id: string, revision: number, comment: string) =>
  call<ScriptDetail>("POST", `${script(id)}/submit`, { revision, comment });

export const postScriptDecision = (id: string, sign: boolean, revision: number, comment: string) =>
  call<ScriptDetail>("POST", `${script(id)}/decision`, { sign, revision, comment });

export const postScriptComment = (id: string, comment: string) => call<ScriptDetail>("POST", `${script(id)}/comments`, { comment });

export const postPin = (id: string, showId: string, version: number) =>
  call<ScriptDetail>("POST", `${script(id)}/pins`, { show_id: showId, version });

export const deletePin = (id: string, showId: string) => call<ScriptDetail>("DELETE", `${script(id)}/pins/${part(showId)}`);

export const getRedlines = (id: string, from: number, to: number, options?: CallOptions) =>
  call<{ lines: RedLine[] }>("GET", `${script(id)}/redlines?from=${from}&to=${to}`, undefined, options).then((answer) => answer.lines);

/** What a show goes by, with the lines said in its latest broadcast; null when it goes by none. */
export const getScriptOnAir = (showId: string, options?: CallOptions) =>
  call<{ script: ScriptOnAir | null }>("GET", `/api/control/shows/${part(showId)}/script`, undefined, options).then((answer) => answer.script);
