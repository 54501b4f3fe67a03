import { describe, expect, it } from "vitest";
import { splitAddress } from "./addresses.ts";
import { chooseAddresses } from "./choose-addresses.ts";
import type { AddressChoice } from "./choose-addresses.ts";

describe("splitAddress", () => {
  it.each([
    ["a:7400", { host: "a", port: 7400 }],
    ["node-1.example.org:1", { host: "node-1.example.org", port: 1 }],
    ["10.0.0.1:65535", { host: "10.0.0.1", port: 65_535 }],
    ["[::1]:7400", { host: "::1", port: 7400 }],
    ["tls://10.0.0.1:7400", { host: "10.0.0.1", port: 7400 }],
  ])("%s", (text, expected) => {
    expect(splitAddress(text)).toEqual(expected);
  });

  it.each([
    "",
    "a",
    "a:",
    ":7400",
    "a:0",
    "a:65536",
    "a:7400x",
    "::1:7400",
    "a b:1",
    "http://a:1",
    "tls://",
    "tls://a",
  ])("refuses %j", (text) => {
    expect(() => splitAddress(text)).toThrow(expect.objectContaining({ code: "ADDRESS_INVALID" }));
  });
});

describe("chooseAddresses", () => {
  it("takes four ports in a row on this machine by default", async () => {
    expect(await chooseAddresses({})).toEqual([
      "127.0.0.1:7400",
      "127.0.0.1:7401",
      "127.0.0.1:7402",
      "127.0.0.1:7403",
    ]);
  });

  it("takes the hosts that are named, over TLS", async () => {
    const hosts = "a:1,tls://b:2, [fe80::1]:3,10.0.0.4:4";
    expect(await chooseAddresses({ hosts })).toEqual([
      "tls://a:1",
      "tls://b:2",
      "tls://[fe80::1]:3",
      "tls://10.0.0.4:4",
    ]);
  });

  it("takes them in plain text on this machine, and where that is allowed", async () => {
    const local = "127.0.0.1:1,localhost:2,[::1]:3,127.0.0.14:4";
    expect(await chooseAddresses({ hosts: local })).toEqual(local.split(","));
    const others = "a:1,b:2,tls://c:3,127.example.org:4";
    expect(await chooseAddresses({ hosts: others, allowPlainText: true })).toEqual(
      others.split(","),
    );
  });

  it("refuses one address twice, however it is written", async () => {
    const hosts = "a:1,tls://a:1,c:3,d:4";
    await expect(chooseAddresses({ hosts })).rejects.toMatchObject({ code: "ADDRESS_INVALID" });
  });

  it("picks different free ports for base port 0", async () => {
    const addresses = await chooseAddresses({ basePort: 0, replicas: 7 });
    expect(new Set(addresses).size).toBe(7);
  });

  it.each<[string, AddressChoice, string]>([
    ["three replicas", { replicas: 3 }, "REPLICA_COUNT_INVALID"],
    ["too many replicas", { replicas: 65 }, "REPLICA_COUNT_INVALID"],
    ["three hosts", { hosts: "a:1,b:1,c:1" }, "REPLICA_COUNT_INVALID"],
    ["one host twice", { hosts: "a:1,b:1,c:1,a:1" }, "ADDRESS_INVALID"],
    ["hosts and another count", { hosts: "a:1,b:1,c:1,d:1", replicas: 5 }, "OPTIONS_CONTRADICT"],
    ["hosts and a base port", { hosts: "a:1,b:1,c:1,d:1", basePort: 1 }, "OPTIONS_CONTRADICT"],
    ["ports past the last", { basePort: 65_533 }, "OPTIONS_CONTRADICT"],
  ])("refuses %s", async (_title, choice, code) => {
    await expect(chooseAddresses(choice)).rejects.toMatchObject({ code });
  });
});
