import type { Tone } from "../model/kinds.ts";

export type ThemeName = "dark" | "light";

/** The order in which the shaders have them. */
export const TONES: readonly Tone[] = [
  "muted",
  "blue",
  "sky",
  "green",
  "yellow",
  "orange",
  "vermilion",
  "purple",
  "ink",
];

/** Okabe and Ito's palette, which the common forms of colour blindness can tell apart. */
export const THEMES: Readonly<
  Record<ThemeName, { readonly background: string; readonly tones: Readonly<Record<Tone, string>> }>
> = {
  dark: {
    background: "#0c1017",
    tones: {
      muted: "#6d7a8d",
      blue: "#4a90d9",
      sky: "#7cc7f0",
      green: "#2cc295",
      yellow: "#f0e442",
      orange: "#f0a63a",
      vermilion: "#ff6b3d",
      purple: "#e08fc0",
      ink: "#dfe6ef",
    },
  },
  light: {
    background: "#fbfcfd",
    tones: {
      muted: "#8a95a5",
      blue: "#0a5fa8",
      sky: "#2f93cf",
      green: "#008a63",
      yellow: "#a88f00",
      orange: "#c47a00",
      vermilion: "#c93f00",
      purple: "#a94a86",
      ink: "#1c2530",
    },
  },
};

/** "#rrggbb" as three numbers from 0 to 1. */
export function rgb(colour: string): [red: number, green: number, blue: number] {
  const value = Number.parseInt(colour.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
