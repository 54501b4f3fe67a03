import type { EntryName } from "../model/entry-names.ts";
import type { EntryReply, Judged } from "./judge-entry.ts";

/**
 * Asks this page's own server for an entry's receipt, and judges it here. Whatever goes wrong is an
 * answer in words: a card has to say something.
 */
export async function askEntry({ namespace, key }: EntryName): Promise<Judged> {
  const url = new URL(`./entry/${encodeURIComponent(namespace)}/${key}`, location.href);
  const token = new URLSearchParams(location.search).get("token");
  if (token !== null) url.searchParams.set("token", token);
  url.hash = "";
  try {
    const response = await fetch(url);
    const body = (await response.json()) as EntryReply & { readonly why?: string };
    if (!response.ok) return unknown(body.why ?? `the server answered ${response.status}`);
    // Signatures and codecs are a fifth of the page, and most visits never ask.
    const { judgeEntry } = await import("./judge-entry.ts");
    return judgeEntry(body, { key });
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
}

function unknown(why: string): Judged {
  return { verdict: "unknown", sentence: `No receipt: ${why}.`, facts: [] };
}
