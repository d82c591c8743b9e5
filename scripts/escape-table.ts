// Runs every escape attempt in every driver that works here and writes the table into docs/reference/sandbox.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type SandboxDriver, openBwrapDriver, openContainerDriver, openNodeDriver, openProcessDriver } from '@syntropism/runtime'
import { tryAll } from '../tests/escape/stage.ts'
import { removeDir, tempDir } from '../tests/program.ts'
import { Engine, IMAGE } from '../tests/sandbox/engine.ts'

const PAGE = resolve(import.meta.dirname, '../docs/reference/sandbox.md')
const [START, END] = ['<!-- escape attempts: written by npm run escape:table -->', '<!-- end -->']

const options = (root: string) => ({ allow_weak: true, library_dir: root, state_dir: root })
const folder = tempDir()
const engine = await Engine.start(folder)
const drivers: ((root: string) => Promise<SandboxDriver>)[] = [
  (root) => openContainerDriver({ ...options(root), image: IMAGE, socket_path: engine.socket }),
  (root) => openBwrapDriver(options(root)),
  (root) => openNodeDriver(options(root)),
  (root) => openProcessDriver(options(root)),
]

const cell = (text: string): string =>
  text
    .replaceAll(/\d{4,}/g, 'N')
    .replaceAll('|', '\\|')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 80)
const columns: Awaited<ReturnType<typeof tryAll>>[] = []
for (const open of drivers) columns.push(await tryAll(open))
await engine.close()
removeDir(folder)
const rows = (columns[0]?.verdicts ?? []).map(({ attempt }, index) => [
  attempt.name,
  attempt.tries,
  ...columns.map(({ verdicts }) => `${verdicts[index]?.held ? 'held' : '**escaped**'} (${cell(verdicts[index]?.evidence ?? '')})`),
])
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const header = ['attempt', 'what it does', ...columns.map(({ driver }) => driver.name)]
const table = [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
const page = readFileSync(PAGE, 'utf8')
if (!page.includes(START) || !page.includes(END)) throw new Error(`${PAGE} has no place for the table: the lines "${START}" and "${END}"`)
writeFileSync(PAGE, `${page.slice(0, page.indexOf(START) + START.length)}\n\n${table}\n\n${page.slice(page.indexOf(END))}`)
console.log(table)
