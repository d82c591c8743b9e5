import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '..')

/** What each package may import of the others; types alone where marked. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  contract: ['zod'],
  console: ['type @syntropism/contract', 'lit-html', 'node:'],
  economy: ['type @syntropism/contract'],
  sdk: ['node:http', 'node:net', 'node:process'],
  runtime: [
    '@ai-sdk/',
    '@syntropism/contract',
    '@syntropism/economy',
    '@arizeai/',
    '@hono/',
    '@modelcontextprotocol/',
    '@nats-io/',
    '@opentelemetry/',
    'hono',
    'hyparquet-writer',
    'diff',
    'dockerode',
    'isomorphic-git',
    'kysely',
    'pg',
    'lru-cache',
    'zod',
    '@pydantic/genai-prices',
    'cockatiel',
    'eventsource-parser',
    'undici',
    'node:',
  ],
  benchmark: ['@syntropism/contract', '@syntropism/economy', '@syntropism/runtime', '@syntropism/sdk', 'diff', 'jsonata', 'zod', 'node:'],
  simulation: ['@syntropism/economy', 'hyparquet-writer', 'node:'],
  solver: ['type @syntropism/contract', '@syntropism/economy', 'highs', 'node:'],
  syntropism: [
    '@syntropism/benchmark',
    '@syntropism/console',
    '@syntropism/contract',
    '@syntropism/economy',
    '@syntropism/runtime',
    '@syntropism/simulation',
    '@syntropism/solver',
    'commander',
    'node:',
    'zod',
  ],
}
/** Rooms of the economy: each imports only rooms of lower rank. */
const ECONOMY_RANK: Readonly<Record<string, number>> = {
  apply: 9,
  attention: 7,
  auction: 5,
  codec: 1,
  formulas: 0,
  indicators: 10,
  leases: 6,
  ledger: 2,
  lifecycle: 7,
  llm: 6,
  market: 4,
  mechanisms: 1,
  params: 1,
  services: 7,
  state: 3,
  tools: 7,
  units: 0,
}
/** Rooms of the runtime that are adapters: they import ports, and no other adapter. */
const RUNTIME_ADAPTERS: readonly string[] = ['bus', 'sandbox', 'store']
const BANNED_NAMES: Readonly<Record<string, string>> = {
  common: 'the concept',
  helpers: 'the concept that is helped',
  misc: 'the concept',
  utils: 'the concept',
}
/** Doors that a package's own `exports` name beside its first: what they offer is promised to others. */
const ENTRIES: readonly string[] = ['packages/benchmark/src/run/index.ts', 'packages/runtime/src/remote/index.ts', 'packages/simulation/src/node/index.ts']
const LINES_MAX = 330
/** Written from the OpenAPI document: nobody holds it in the head. */
const WRITTEN = 'packages/sdk/src/shapes.ts'

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !/node_modules|dist/.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name))
}

interface Import {
  readonly file: string
  readonly from: string
  readonly types_only: boolean
}

const importsOf = (file: string): Import[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(import|export)(\s+type)?\s[^'"]*?from\s+'([^']+)'/gm)].map((match) => ({
    file: relative(ROOT, file),
    from: match[3] ?? '',
    types_only: match[2] !== undefined,
  }))

const sources = Object.keys(PACKAGES).flatMap((name) => filesIn(join(ROOT, 'packages', name, 'src')).filter((file) => !file.endsWith('.test.ts')))

describe('the structure', () => {
  it('sees the sources it judges', () => {
    expect(sources.length).toBeGreaterThan(60)
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(200)
  })

  it('packages import what they may', () => {
    for (const { file, from, types_only } of sources.flatMap(importsOf)) {
      if (from.startsWith('.')) continue
      const allowed = PACKAGES[file.split('/')[1] ?? ''] ?? []
      const fits = allowed.some((one) =>
        one.startsWith('type ')
          ? types_only && from === one.slice(5)
          : from === one || from.startsWith(one.endsWith('/') || one.endsWith(':') ? one : `${one}/`),
      )
      expect(fits, `${file} must not import ${from}${types_only ? '' : ' at run time'}`).toBe(true)
    }
  })

  it('rooms are entered by their door, and only from above', () => {
    for (const file of sources) {
      const [, name = '', , room = ''] = relative(ROOT, file).split('/')
      for (const { from } of importsOf(file)) {
        const other = /^\.\.\/([\w-]+)\/(.+)$/.exec(from)
        // Each command loads the modules that it needs alone: a door would load them all.
        if (other === null || name === 'syntropism') continue
        expect(other[2], `${relative(ROOT, file)} enters ${from} past its door`).toMatch(/^([\w-]+\/)?index\.ts$/)
        if (name === 'economy') expect(ECONOMY_RANK[other[1] ?? ''], `${relative(ROOT, file)} imports ${from}`).toBeLessThanOrEqual(ECONOMY_RANK[room] ?? -1)
        if (name === 'runtime' && RUNTIME_ADAPTERS.includes(room)) expect(other[1], `${relative(ROOT, file)} imports ${from}`).toBe('ports')
      }
    }
  })

  it('a door that is no entry of its package offers what another room takes, and nothing else', () => {
    const read = [...sources, ...['agents', 'benchmarks', 'scripts', 'tests', 'packages'].flatMap((folder) => filesIn(join(ROOT, folder)))]
    const words = new Map(read.map((file) => [file, new Set(readFileSync(file, 'utf8').match(/\w+/g))]))
    const doors = sources.filter((file) => /\/src\/.+\/index\.ts$/.test(file) && !file.includes('/syntropism/') && !ENTRIES.includes(relative(ROOT, file)))
    expect(doors.length).toBeGreaterThan(50)
    for (const door of doors)
      for (const [, names = ''] of readFileSync(door, 'utf8').matchAll(/^export (?:type )?\{([^}]*)\} from/gm))
        for (const name of names.match(/\w+(?=\s*(?:,|$))/g) ?? []) {
          const isTaken = [...words].some(([file, found]) => !file.startsWith(`${dirname(door)}/`) && found.has(name))
          expect(isTaken, `${relative(ROOT, door)} offers ${name}, which nobody takes`).toBe(true)
        }
  })

  it('every folder and every room is named in ARCHITECTURE.md, and no folder that is not there', () => {
    const text = readFileSync(join(ROOT, 'ARCHITECTURE.md'), 'utf8')
    const words = new Set(text.match(/[a-z][a-z-]*/g))
    const files = execFileSync('git', ['ls-files'], { cwd: ROOT, encoding: 'utf8' }).split('\n')
    const folders = new Set(files.flatMap((file) => /^(\w[^/]*)\//.exec(file)?.[1] ?? []))
    const rooms = [...new Set(files.flatMap((file) => /^packages\/[^/]+\/src\/([^/]+)\//.exec(file)?.[1] ?? []))]
    expect(rooms.length).toBeGreaterThan(60)
    for (const name of [...folders, ...rooms]) expect(words.has(name), `${name} is not named`).toBe(true)
    for (const [, path = ''] of text.matchAll(/`([a-z][\w/-]*)\/`/g)) expect(folders.has(path), `there is no ${path}/`).toBe(true)
  })

  it('no files import each other in a circle', () => {
    const files = [...sources, ...filesIn(join(ROOT, 'agents')), ...filesIn(join(ROOT, 'scripts'))]
    const below = new Map(files.map((file) => [file, importsOf(file).flatMap(({ from }) => (from.startsWith('.') ? [resolve(dirname(file), from)] : []))]))
    const done = new Set<string>()
    const visit = (file: string, path: readonly string[]): void => {
      expect(path.includes(file), `a circle: ${[...path, file].map((one) => relative(ROOT, one)).join(' → ')}`).toBe(false)
      if (done.has(file)) return
      for (const next of below.get(file) ?? []) visit(next, [...path, file])
      done.add(file)
    }
    for (const file of files) visit(file, [])
    expect(done.size).toBeGreaterThan(400)
  })

  it('the auditor of clearings takes nothing but types from anybody, and a hash from Node', () => {
    const audit = sources.filter((file) => file.includes('/runtime/src/audit/'))
    expect(audit.length).toBeGreaterThan(3)
    for (const { file, from, types_only } of audit.flatMap(importsOf))
      expect(types_only || from.startsWith('./') || from === 'node:crypto', `${file} takes code from ${from}: an auditor has its own`).toBe(true)
  })

  it('the economy and the simulation use no clock, no chance and nothing of Node', () => {
    for (const file of sources.filter(
      (one) => one.includes('/packages/economy/') || (one.includes('/packages/simulation/') && !one.includes('/simulation/src/node/')),
    ))
      expect(readFileSync(file, 'utf8').replace(/\/\/.*|\/\*[\s\S]*?\*\//g, ''), file).not.toMatch(
        /\bDate\b|Math\.random|\bprocess\.|from 'node:|\bfetch\(|\bsetTimeout|\bperformance\b/,
      )
  })

  it('the repository holds files alone: a link would lead out of a clone', () => {
    const entries = execFileSync('git', ['ls-files', '--stage'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n')
    expect(entries.length).toBeGreaterThan(500)
    expect(entries.filter((entry) => !/^100(644|755) /.test(entry))).toEqual([])
  })

  it('the repository keeps nothing that it ignores', () => {
    // What it ignores itself, not what a user does in all of theirs.
    const kept = execFileSync('git', ['-c', 'core.excludesFile=/dev/null', 'ls-files', '--cached', '--ignored', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    expect(kept).toBe('')
  })

  it('files are of a size to hold in the head, and named by their concept', () => {
    for (const file of [...sources, ...filesIn(join(ROOT, 'agents')), ...filesIn(join(ROOT, 'scripts')), ...filesIn(join(ROOT, 'tests'))]) {
      if (relative(ROOT, file) === WRITTEN) continue
      expect(readFileSync(file, 'utf8').split('\n').length, `${relative(ROOT, file)} is too long`).toBeLessThanOrEqual(LINES_MAX)
      for (const word of relative(ROOT, file).split(/[/.]/))
        expect(BANNED_NAMES[word], `${relative(ROOT, file)}: name ${BANNED_NAMES[word] ?? ''} instead`).toBeUndefined()
    }
  })
})
