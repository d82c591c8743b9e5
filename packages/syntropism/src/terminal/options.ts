import { type Command, InvalidArgumentError, Option } from 'commander'

/** Reader of an option that is a whole number within bounds. */
export const integer =
  (low: number, high: number) =>
  (text: string): number => {
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
    if (!Number.isSafeInteger(value) || value < low || value > high) throw new InvalidArgumentError(`must be a whole number from ${low} to ${high}`)
    return value
  }

/** Reader of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): string[] => [...before, value]

/** The options of every command that reads an economy's data folder. */
export const withData = (command: Command): Command =>
  command.option('--data <dir>', 'data folder (default ./.syntropism)').option('--json', 'machine-readable output')

/** Rung of the sandbox's ladder; `auto` is bubblewrap where it works, else Node's permission model. */
export const sandboxOption = (): Option =>
  new Option('--sandbox <which>', 'how programs are walled in').choices(['auto', 'container', 'bubblewrap', 'node', 'process']).default('auto')
