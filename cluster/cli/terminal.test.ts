import { describe, expect, it } from "vitest";
import { Terminal } from "./terminal.ts";

class Sink {
  readonly isTTY: boolean;
  readonly columns = 20;
  text = "";

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

interface Setup {
  readonly json?: boolean;
  readonly tty?: boolean;
  readonly environment?: Record<string, string>;
}

function open({ json = false, tty = false, environment = {} }: Setup): {
  terminal: Terminal;
  stdout: Sink;
  stderr: Sink;
} {
  const stdout = new Sink(tty);
  const stderr = new Sink(tty);
  return { terminal: new Terminal({ json, environment, stdout, stderr }), stdout, stderr };
}

const failure = { code: "PORT_IN_USE", message: "port 7400 is in use", hint: "choose another" };

describe("results", () => {
  it("are lines for people", () => {
    const { terminal, stdout, stderr } = open({});
    terminal.result({ a: 1 }, ["one", "two"]);
    expect([stdout.text, stderr.text]).toEqual(["one\ntwo\n", ""]);
  });

  it("are one object with --json, and remarks are silent", () => {
    const { terminal, stdout, stderr } = open({ json: true });
    terminal.note("a remark");
    terminal.result({ a: 1 }, ["one"]);
    expect([stdout.text, stderr.text]).toEqual(['{"a":1}\n', ""]);
  });
});

describe("errors", () => {
  it("are two lines on stderr", () => {
    const { terminal, stdout, stderr } = open({});
    terminal.failure(failure);
    expect(stdout.text).toBe("");
    expect(stderr.text).toBe("error PORT_IN_USE: port 7400 is in use\nhint: choose another\n");
  });

  it("are one object on stdout with --json", () => {
    const { terminal, stdout, stderr } = open({ json: true });
    terminal.failure(failure);
    expect(JSON.parse(stdout.text)).toEqual({ error: failure });
    expect(stderr.text).toBe("");
  });
});

describe("colour and the live line", () => {
  it.each<[string, Setup, boolean, boolean]>([
    ["on a terminal", { tty: true }, true, true],
    ["not in a pipe", { tty: false }, false, false],
    ["not with --json", { tty: true, json: true }, false, false],
    ["not on a dumb terminal", { tty: true, environment: { TERM: "dumb" } }, false, false],
    ["no colour with NO_COLOR", { tty: true, environment: { NO_COLOR: "1" } }, true, false],
  ])("%s", (_title, setup, live, color) => {
    const { terminal, stderr } = open(setup);
    terminal.showLive("working");
    expect(stderr.text.includes("working")).toBe(live);
    expect(terminal.paint("red", "x") !== "x").toBe(color);
  });

  it("never wraps: a long line is cut to the width", () => {
    const { terminal, stderr } = open({ tty: true, environment: { NO_COLOR: "1" } });
    terminal.showLive("x".repeat(100));
    expect(stderr.text).toBe(`\r\u001B[2K${"x".repeat(18)}…`);
  });

  it("steps aside for a remark and comes back", () => {
    const { terminal, stderr } = open({ tty: true, environment: { NO_COLOR: "1" } });
    terminal.showLive("busy");
    terminal.note("a child died");
    expect(stderr.text).toBe("\r\u001B[2Kbusy\r\u001B[2Ka child died\n\r\u001B[2Kbusy");
    terminal.clearLive();
    expect(stderr.text.endsWith("\r\u001B[2K")).toBe(true);
  });
});
