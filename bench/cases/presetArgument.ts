import { PRESETS, type PresetName } from "../market/generate.ts";

const isPreset = (name: string): name is PresetName => name in PRESETS;

/** A preset by its name. */
export function readPreset(name: string): PresetName {
  if (isPreset(name)) return name;
  throw new RangeError(`no preset ${name}`);
}
