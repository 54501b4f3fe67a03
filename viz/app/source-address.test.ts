import { expect, it } from "vitest";
import { eventsMaxOf, nameOfUrl, sourceAddress } from "./source-address.ts";

const of = (href: string): ReturnType<typeof sourceAddress> =>
  sourceAddress({ href, search: new URL(href).search });

it.each([
  ["http://h:1/", { type: "none" }],
  ["http://h:1/?file=recording/a%20b", { type: "file", file: "http://h:1/recording/a%20b" }],
  ["http://h:1/?file=a&compare=b", { file: "http://h:1/a", compare: "http://h:1/b" }],
  ["http://h:1/?file=a&token=t", { file: "http://h:1/a?token=t" }],
  ["http://h:1/?file=http://i/a&token=t", { file: "http://i/a" }],
  ["http://h:1/?live", { type: "live", url: "ws://h:1/live" }],
  ["https://h/x/?live&token=a%26b", { type: "live", url: "wss://h/x/live?token=a%26b" }],
])("reads %s", (href, address) => {
  expect(of(href)).toMatchObject(address);
});

it.each([
  ["?file=a", undefined],
  ["?file=a&events=20000", 20_000],
  ["?events=9", undefined],
  ["?events=-20", undefined],
  ["?events=1e6", undefined],
  ["?events=99999999", undefined],
])("reads how many events a page may hold of %s", (search, count) => {
  expect(eventsMaxOf({ search })).toBe(count);
});

it("names a recording as its address ends", () => {
  expect(nameOfUrl("http://h:1/recording/a%20b.qjournal")).toBe("a b.qjournal");
  expect(nameOfUrl("http://h:1/recording/100%.qjournal?token=t/u")).toBe("100%.qjournal");
});
