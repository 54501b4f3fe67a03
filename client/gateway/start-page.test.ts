import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allDoors } from "./doors/all-doors.ts";
import { guideOf } from "./doors/guide.ts";
import type { RunningGateway } from "./start-gateway.ts";
import { openDoor } from "./testing/door-world.ts";
import { rawRequest } from "./testing/raw-request.ts";

describe("the start page", () => {
  let folder: string;
  let gateway: RunningGateway;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "quorate-start-page-"));
    gateway = await openDoor(folder, undefined);
  });
  afterAll(async () => {
    await gateway.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("has every tool with the lines it needs, under the address that was opened", async () => {
    const page = await rawRequest(gateway.url, "/");
    expect(page.headers["content-type"]).toBe("text/html; charset=utf-8");
    const text = page.body
      .toString()
      .replaceAll("&lt;", "<")
      .replaceAll("&gt;", ">")
      .replaceAll("&amp;", "&");
    const guide = guideOf(allDoors({ nixKey: undefined }), gateway.url);
    expect(guide.length).toBeGreaterThan(6);
    for (const { tool, lines } of guide) {
      expect(text).toContain(`<h2>${tool}</h2>`);
      expect(text).toContain(lines.join("\n"));
      expect(lines.join("\n")).toMatch(/127\.0\.0\.1:\d+/);
    }
  });

  it("lets nothing that a request says into the page", async () => {
    const headers = { Host: '127.0.0.1:1"><script>alert(1)</script>' };
    const page = await rawRequest(gateway.url, "/", { headers });
    expect(page.body.toString()).not.toContain("<script>");
    expect(page.headers["content-security-policy"]).toContain("default-src 'none'");
  });
});

describe("every door", () => {
  it("has a name of its own, and tells what its tools need", () => {
    const doors = allDoors({ nixKey: undefined });
    expect(new Set(doors.map((door) => door.id)).size).toBe(doors.length);
    for (const door of doors) expect(door.tools.length).toBeGreaterThan(0);
  });

  it("looks at every outcome: no read or write is answered by a server's error", () => {
    for (const { looks } of allDoors({ nixKey: undefined })) {
      const all = [looks.hit, looks.miss, looks.unnamed, ...Object.values(looks.put)];
      for (const status of [...all, ...Object.values(looks.delete), looks.methodUnknown]) {
        expect(status).toBeLessThan(500);
      }
    }
  });
});
