import { describe, expect, it } from "vitest";
import { describeDoor } from "./door.case.ts";
import { plainDoor } from "./plain-door.ts";

const HEX40 = "0123456789abcdef0123456789abcdef01234567";
const LAYOUTS: readonly (readonly [string, string])[] = [
  ["subdirs", `aa/${"b".repeat(31)}`],
  ["flat", "c".repeat(33)],
  ["bazel", `ac/${HEX40}${HEX40.slice(0, 24)}`],
];

describeDoor({
  id: "plain",
  path: (index) => `/cache/team-a/key/${index}`,
  entry: (index) => ({ namespace: "team-a", name: `key/${index}` }),
  body: (index) => new TextEncoder().encode(`a compiled file, number ${index}\n`.repeat(40)),
  status: { miss: 404, stored: [200, 201, 204], readOnlyPut: 200, overSize: 413 },
});

describe("every ccache layout at every route", () => {
  const door = plainDoor();

  it.each(LAYOUTS)("%s below /cache/ is a key of 'default'", (_layout, key) => {
    expect(door.resolve(`/cache/${key}`)).toMatchObject({ namespace: "default", name: key });
  });

  it.each(LAYOUTS)("%s below /cache/{namespace}/ is a key of the namespace", (_layout, key) => {
    for (const namespace of ["default", "abc", "team-1"]) {
      expect(door.resolve(`/cache/${namespace}/${key}`)).toMatchObject({ namespace, name: key });
    }
  });

  it.each(LAYOUTS)("%s is one entry by both routes to 'default'", (_layout, key) => {
    expect(door.resolve(`/cache/${key}`)?.location).toEqual(
      door.resolve(`/cache/default/${key}`)?.location,
    );
  });
});

describe("paths of the plain door", () => {
  const door = plainDoor();
  it.each([
    ["/cache/v8/artifacts/1", "default", "v8/artifacts/1"],
    ["/cache/cas/00", "default", "cas/00"],
    ["/cache/ab/cd", "default", "ab/cd"],
    ["/cache/Team/key", "default", "Team/key"],
    ["/cache/team/a%2Fb%20c", "team", "a/b c"],
    ["/cache/team/%C3%A4", "team", "ä"],
  ])("%s", (path, namespace, name) => {
    expect(door.resolve(path)).toMatchObject({ namespace, name });
  });

  it.each([
    ["no key", "/cache/"],
    ["no key in a namespace", "/cache/team/"],
    ["broken escapes", "/cache/%zz"],
    ["half a character", "/cache/%C3"],
    ["a key of 513 bytes", `/cache/${"k".repeat(513)}`],
  ])("%s names nothing", (_what, path) => {
    expect(door.resolve(path)).toBeUndefined();
  });
});
