import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { EXAMPLES } from './examples.ts'
import { createProgram } from './program.ts'

interface Leaf {
  readonly command: Command
  readonly path: string
}

const program = createProgram()
/** Every command that does something, by its path. */
function leavesOf(command: Command, path = ''): Leaf[] {
  const inside = command.commands.filter((one) => one.name() !== 'help')
  if (inside.length === 0) return [{ command, path }]
  return inside.flatMap((one) => leavesOf(one, `${path} ${one.name()}`.trim()))
}
const leaves = leavesOf(program)

function groupsOf(command: Command): Command[] {
  return command.commands.flatMap((one) => [one, ...groupsOf(one)])
}

function helpOf(command: Command): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part) }).outputHelp()
  return text
}

/** Words of an example as a shell has them. */
const wordsOf = (example: string): string[] =>
  [...example.matchAll(/"([^"]*)"(?=\s|$)|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? '')

/** What is wrong with an example, read as the command line reads it; null when nothing is. */
function wrongWith(command: Command, example: string): string | null {
  const fresh = leavesOf(createProgram()).find((one) => one.command.name() === command.name() && one.command.parent?.name() === command.parent?.name())?.command
  if (fresh === undefined) return 'no such command'
  let wrong: string | null = null
  fresh.exitOverride((error) => {
    wrong = error.message
    throw error
  })
  fresh.configureOutput({ writeErr: () => undefined, writeOut: () => undefined }).action(() => undefined)
  try {
    fresh.parse(wordsOf(example), { from: 'user' })
  } catch (error) {
    return wrong ?? (error as Error).message
  }
  return null
}

describe('the help', () => {
  it('sees the whole command line', () => {
    expect(leaves.length).toBeGreaterThan(60)
  })

  it('says of every command what it does, and shows an example', () => {
    for (const command of groupsOf(program)) if (command.name() !== 'help') expect(command.description(), command.name()).not.toBe('')
    for (const { command, path } of leaves) expect(helpOf(command), path).toMatch(new RegExp(`\\nExamples?:\\n  syntropism ${path.replaceAll('-', '\\-')}`))
  })

  it('groups the commands of the program by what they are for, all of them', () => {
    const text = helpOf(program)
    expect(text).toMatch(/\nRun an economy:\n  live /)
    expect(program.commands.filter((one) => one.helpGroup() === '').map((one) => one.name())).toEqual(['completion'])
  })

  it('says of every option what it means', () => {
    for (const { command, path } of leaves) for (const option of command.options) expect(option.description, `${path} ${option.flags}`).not.toBe('')
  })

  it('shows only examples that the command line takes', () => {
    const wrong = Object.entries(EXAMPLES).flatMap(([path, examples]) => {
      const leaf = leaves.find((one) => one.path === path)
      if (path === 'agent') return []
      if (leaf === undefined) return [`${path} is no command`]
      return examples.flatMap((example) => wrongWith(leaf.command, example) ?? []).map((error) => `${path}: ${error}`)
    })
    expect(wrong).toEqual([])
  })

  it('offers --json with every command but the one whose output is a script', () => {
    const without = leaves.filter(({ command }) => !command.options.some((option) => option.long === '--json')).map((one) => one.path)
    expect(without).toEqual(['completion'])
  })

  it('says what the exit codes are', () => {
    expect(helpOf(program)).toMatch(/Exit codes: 0 done · 1 refused[\s\S]*75 [\s\S]*130 [\s\S]*143 /)
  })
})
