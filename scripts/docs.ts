// Builds the documentation's site into docs/.vitepress/dist: writes the pages that come from the code, and refuses dead links.
//   npm run docs            build
//   npm run docs -- dev     write the pages and serve the site while it is written
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cliPage } from './reference/cli.ts'
import { configPage } from './reference/config.ts'
import { eventsPage } from './reference/events.ts'
import { httpPage } from './reference/http.ts'

const docs = resolve(import.meta.dirname, '../docs')
const run = (program: string, args: readonly string[]): void => {
  const { error, status } = spawnSync(program, args, { cwd: docs, stdio: 'inherit' })
  if (error !== undefined) throw error
  if (status !== 0) process.exit(status ?? 1)
}
const runModule = (path: string, ...args: string[]): void => run(process.execPath, [join('node_modules', path), ...args])

/** The tools of the site are its own: they need another compiler, and nobody else pays for them. */
function installTools(): void {
  const lock = readFileSync(join(docs, 'package-lock.json'), 'utf8')
  const mark = join(docs, 'node_modules/.package-lock.of-site.json')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === lock) return
  run('npm', ['ci', '--ignore-scripts'])
  writeFileSync(mark, lock)
}

/** One page for each package: typedoc names them after the file of their door. */
function writePackages(): void {
  runModule('typedoc/bin/typedoc', '--logLevel', 'Warn')
  const folder = join(docs, 'reference/packages')
  for (const name of readdirSync(folder)) {
    if (name.endsWith('.md')) continue
    const text = readFileSync(join(folder, name, 'src.md'), 'utf8')
    writeFileSync(join(folder, `${name}.md`), text.replaceAll(/\]\(\.\.\/([a-z]+)\/src\.md/g, '](./$1.md').replaceAll('](../index.md', '](./index.md'))
    rmSync(join(folder, name), { recursive: true })
  }
  const index = readFileSync(join(folder, 'index.md'), 'utf8')
  writeFileSync(join(folder, 'index.md'), index.replaceAll('/src.md', '.md').replaceAll(/\[([a-z]+)\/src\]/g, '[@syntropism/$1]'))
}

async function writeReference(): Promise<void> {
  const pages: Readonly<Record<string, string>> = {
    'cli.md': cliPage(),
    'configuration.md': configPage(),
    'events.md': eventsPage(),
    'http.md': await httpPage(),
  }
  for (const [name, text] of Object.entries(pages)) writeFileSync(join(docs, 'reference', name), text)
  writePackages()
}

installTools()
await writeReference()
runModule('vitepress/bin/vitepress.js', process.argv[2] === 'dev' ? 'dev' : 'build', '.')
