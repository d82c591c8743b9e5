import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { type Block, blocksOf, valueOf } from './blocks.ts'
import { Session } from './session.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** Pages that are kept; what is written from the code is checked where it is written, and a template where it becomes an agent. */
const PAGES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((name) => !/^CHANGELOG|node_modules|^packages\/syntropism\/templates\//.test(name))
  .toSorted()
const SHELLS = new Set(['bash', 'sh'])
const KNOWN = new Set(['bash', 'javascript', 'js', 'json', 'py', 'python', 'sh', 'text', 'ts', 'yaml'])
const WORDS = /^(background|by-hand|fails|file=\S+)$/

/** Runs a block of commands; one that is said to fail runs in a shell of its own. */
async function runShell(session: Session, block: Block): Promise<void> {
  if (block.words.includes('background')) await session.background(block.text)
  else if (block.words.includes('fails')) await session.run(`! (\nset -e\n${block.text}\n)`)
  else await session.run(block.text)
}

async function runBlock(session: Session, block: Block): Promise<void> {
  const file = valueOf(block, 'file')
  if (file !== undefined) session.write(file, block.text)
  if (block.language === 'json') JSON.parse(block.text)
  if (block.language === 'yaml') parseYaml(block.text)
  if (SHELLS.has(block.language) && !block.words.includes('by-hand')) await runShell(session, block)
}

/** Puts every block of TypeScript into a folder where the project's packages are found, and gives what the compiler says. */
async function typeErrors(): Promise<string> {
  const folder = join(ROOT, 'node_modules/.cache/syntropism-docs')
  rmSync(folder, { force: true, recursive: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../../tests/tsconfig.json', compilerOptions: { types: ['node'] }, include: ['*.ts'] }),
  )
  for (const page of PAGES)
    for (const block of blocksOf(resolve(ROOT, page)))
      if (block.language === 'ts') writeFileSync(join(folder, `${page.replaceAll('/', '+')}+${block.line}.ts`), `${block.text}\nexport {}\n`)
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  return promisify(execFile)(process.execPath, [compiler, '-p', folder]).then(
    () => '',
    (error: { stdout: string }) => error.stdout,
  )
}

describe('the code in the pages', () => {
  it('in TypeScript has the types that it uses', async () => {
    expect(await typeErrors()).toBe('')
  })

  it('is found', () => {
    expect(PAGES.length).toBeGreaterThan(60)
    expect(PAGES.flatMap((page) => blocksOf(resolve(ROOT, page))).length).toBeGreaterThan(60)
  })

  it.concurrent.each(PAGES.filter((page) => blocksOf(resolve(ROOT, page)).length > 0))('%s runs as it stands', async (name) => {
    const page = relative(ROOT, resolve(ROOT, name))
    const blocks = blocksOf(resolve(ROOT, page))
    for (const block of blocks) {
      expect(KNOWN, `${page}:${block.line}: name the language of the block`).toContain(block.language)
      for (const word of block.words) expect(word, `${page}:${block.line}`).toMatch(WORDS)
      if (block.words.includes('by-hand'))
        expect(block.comment, `${page}:${block.line}: say above the block why it is not run: <!-- by hand: … -->`).toMatch(/^by hand: .{10,}/)
    }
    if (!blocks.some((block) => (SHELLS.has(block.language) && !block.words.includes('by-hand')) || ['json', 'yaml'].includes(block.language))) return
    const session = new Session()
    try {
      for (const block of blocks)
        await runBlock(session, block).catch((error: unknown) => {
          throw new Error(`${page}:${block.line} does not run:\n${block.text}\n${String(error)}`, { cause: error })
        })
    } finally {
      await session.close()
    }
  })
})
