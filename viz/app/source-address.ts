/** What the page's address names: a recording (and one to compare with), a live feed, or nothing. */
export type SourceAddress =
  | { readonly type: "file"; readonly file: string; readonly compare: string | undefined }
  | { readonly type: "live"; readonly url: string }
  | { readonly type: "none" };

/** `?file=` names a recording on this server, `&compare=` another one, `?live` the collector that serves this page. */
export function sourceAddress({ href, search }: Pick<Location, "href" | "search">): SourceAddress {
  const asked = new URLSearchParams(search);
  const token = asked.get("token");
  const whole = (name: string): string | undefined => {
    const value = asked.get(name);
    if (value === null) return undefined;
    const url = new URL(value, href);
    // For this page's own server, and nobody else.
    if (token !== null && url.origin === new URL(href).origin) url.searchParams.set("token", token);
    return url.href;
  };
  const file = whole("file");
  if (file !== undefined) return { type: "file", file, compare: whole("compare") };
  if (!asked.has("live")) return { type: "none" };
  const url = new URL("./live", href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.search = token === null ? "" : `?token=${encodeURIComponent(token)}`;
  return { type: "live", url: url.href };
}

/** `&events=50000`: of a larger recording a page holds a sample. Undefined: as many as usual. */
export function eventsMaxOf({ search }: Pick<Location, "search">): number | undefined {
  const asked = new URLSearchParams(search).get("events") ?? "";
  return /^[1-9]\d{1,6}$/.test(asked) ? Number(asked) : undefined;
}

/** As people named the file, where its address is one. */
export function nameOfUrl(url: string): string {
  const last = new URL(url).pathname.split("/").at(-1) ?? url;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
