import { readFileSync } from 'node:fs'

/** A fenced block of code in a page. */
export interface Block {
  readonly language: string
  /** Words after the language: `background`, `fails`, `by-hand`, `file=NAME`. */
  readonly words: readonly string[]
  readonly text: string
  /** Line of its fence, from 1. */
  readonly line: number
  /** The HTML comment on the line above its fence. */
  readonly comment: string
}

/** The fenced blocks of a page, in order, and what a check has to do before them, which stands in a comment: `<!-- setup`, commands, `-->`. */
export function blocksOf(path: string): Block[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  const blocks: Block[] = []
  for (let at = 0; at < lines.length; at++) {
    const fence = /^(\s*)(`{3,})\s*(\S*)\s*(.*)$/.exec(lines[at] ?? '')
    const setup = /^<!-- setup(.*)$/.exec(lines[at] ?? '')
    if (setup !== null) {
      const end = lines.indexOf('-->', at)
      if (end < 0) throw new Error(`${path}:${at + 1}: the set-up is not closed by a line -->`)
      blocks.push({
        comment: '',
        language: 'sh',
        line: at + 1,
        text: lines.slice(at + 1, end).join('\n'),
        words: (setup[1] ?? '').split(/\s+/).filter((word) => word !== ''),
      })
      at = end
    }
    if (fence === null || setup !== null) continue
    const [, indent = '', ticks = '', language = '', info = ''] = fence
    const end = lines.findIndex((line, index) => index > at && line.trim() === ticks)
    if (end < 0) throw new Error(`${path}:${at + 1}: the block is not closed`)
    const text = lines.slice(at + 1, end).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
    const before = lines.slice(0, at).findLast((line) => line.trim() !== '') ?? ''
    blocks.push({
      comment: /^\s*<!--\s*(.*?)\s*-->\s*$/.exec(before)?.[1] ?? '',
      language,
      line: at + 1,
      text: text.join('\n'),
      words: info.split(/\s+/).filter((word) => word !== ''),
    })
    at = end
  }
  return blocks
}

/** What a block names by `name=value`. */
export const valueOf = (block: Block, name: string): string | undefined => block.words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
