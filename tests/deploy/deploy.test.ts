import { type ChildProcess, spawn } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { DCLinter } from 'dclint'
import { validate } from 'dockerfile-utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { finish, removeDir, tempDir } from '../program.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const DEPLOY = join(ROOT, 'deploy')
const DOCKERFILES = [join(ROOT, 'Dockerfile'), ...readdirSync(DEPLOY).flatMap((name) => (name.endsWith('.Dockerfile') ? [join(DEPLOY, name)] : []))]

interface Service {
  readonly build?: { readonly context: string; readonly dockerfile: string }
  readonly image?: string
  readonly cap_drop?: readonly string[]
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly environment?: Readonly<Record<string, string>>
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly ports?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly user?: string
  readonly volumes?: readonly string[]
}

/** Instructions of a Dockerfile, continued lines joined, comments left out. */
const instructionsOf = (path: string): string[][] =>
  readFileSync(path, 'utf8')
    .replace(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/))
const listOf = (path: string, name: string): string[] =>
  JSON.parse(
    /\[.*\]/.exec(
      instructionsOf(path)
        .find((words) => words[0] === name)
        ?.join(' ') ?? '',
    )?.[0] ?? '[]',
  ) as string[]
/** What of the project a Dockerfile copies: source and target. */
const copiesOf = (path: string): [source: string, target: string][] =>
  instructionsOf(path)
    .filter(([name, first = '']) => name === 'COPY' && !first.startsWith('--from'))
    .flatMap(([, ...words]) => words.slice(0, -1).map((source): [string, string] => [source, words.at(-1) as string]))

describe('the Dockerfiles', () => {
  it('are sound, on pinned images, and end as a user that is not root', () => {
    expect(DOCKERFILES.length).toBe(4)
    for (const path of DOCKERFILES) {
      const text = readFileSync(path, 'utf8')
      expect(validate(text), path).toEqual([])
      const values = new Map(instructionsOf(path).flatMap(([name, rest = '']) => (name === 'ARG' ? [rest.split('=') as [string, string]] : [])))
      const bases = instructionsOf(path).flatMap(([name, image = '']) =>
        name === 'FROM' ? [image.replace(/\$\{(\w+)\}/, (_all, key: string) => values.get(key) ?? '')] : [],
      )
      expect(bases.length).toBeGreaterThan(0)
      for (const base of bases) expect(base, path).toMatch(/^[\w./-]+:(version-)?\d+\.\d+\.\d+[\w.-]*$/)
      const user = instructionsOf(path).findLast(([name]) => name === 'USER')?.[1] ?? 'root'
      expect(user, path).not.toMatch(/^(root|0)(:|$)/)
    }
  })

  it('copy what is there, and what the context lets through', () => {
    const ignored = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
    const copies = copiesOf(join(ROOT, 'Dockerfile'))
    expect(copies.length).toBeGreaterThan(10)
    for (const [source] of copies) {
      expect(existsSync(join(ROOT, source)), source).toBe(true)
      expect(ignored, source).toContain(`!${source.split('/')[0]}`)
    }
    // A package whose manifest is missing while dependencies are installed would be left out without a word.
    const manifests = copies.flatMap(([source]) => (/^packages\/[\w-]+\/package\.json$/.test(source) ? [source.split('/')[1] ?? ''] : []))
    expect(manifests.toSorted()).toEqual(readdirSync(join(ROOT, 'packages')).toSorted())
  })
})

describe('the Compose file', () => {
  const path = join(DEPLOY, 'compose.yaml')
  const compose = parse(readFileSync(path, 'utf8')) as { services: Record<string, Service>; volumes: Record<string, unknown> }
  const services = Object.entries(compose.services)

  it('has the shape of the Compose Specification, and nothing that its linter warns of', () => {
    const findings = (file: string): string[] =>
      (
        new DCLinter({ debug: false, exclude: [], quiet: false, rules: { 'require-quotes-in-ports': [1, { quoteType: 'double' }] } }).lintFiles(
          [file],
          false,
        ) as {
          messages: { line: number; message: string; rule: string }[]
        }[]
      ).flatMap(({ messages }) => messages.map(({ line, message, rule }) => `${rule} at ${line}: ${message}`))
    expect(findings(path)).toEqual([])
    expect(findings(join(import.meta.dirname, 'unsound.yaml')).join()).toContain('invalid-schema')
  })

  it('has everything an economy stands on: pinned, healthy before it is used, not as root, open to this machine alone', () => {
    expect(services.map(([name]) => name)).toEqual(['collector', 'economy', 'nats', 'phoenix', 'postgres'])
    for (const [name, service] of services) {
      const dockerfile = service.build === undefined ? null : join(DEPLOY, service.build.context, service.build.dockerfile)
      if (dockerfile === null) expect(service.image, name).toMatch(/:\d+\.\d+[\w.-]*$/)
      else expect(existsSync(dockerfile), dockerfile).toBe(true)
      expect(service.healthcheck !== undefined || (dockerfile !== null && readFileSync(dockerfile, 'utf8').includes('HEALTHCHECK')), name).toBe(true)
      expect(service.user, name).toMatch(/^[1-9]\d*:[1-9]\d*$/)
      expect([service.cap_drop, service.security_opt], name).toEqual([['ALL'], ['no-new-privileges:true']])
      for (const port of service.ports ?? []) expect(port, name).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
      for (const [other, { condition }] of Object.entries(service.depends_on ?? {})) {
        expect(Object.keys(compose.services)).toContain(other)
        expect(['service_healthy', 'service_started']).toContain(condition)
      }
      for (const volume of service.volumes ?? []) {
        const [source = ''] = volume.split(':')
        expect(source.startsWith('.') ? existsSync(join(DEPLOY, source)) : source in compose.volumes, `${name}: ${volume}`).toBe(true)
      }
    }
  })

  it('gives the economy settings that it knows, and the Collector variables that its configuration reads', () => {
    const known = readFileSync(join(ROOT, 'packages/runtime/src/config/config.ts'), 'utf8')
    for (const name of Object.keys(compose.services.economy?.environment ?? {})) expect(known.includes(`${name}: [`), name).toBe(true)
    const collector = readFileSync(join(DEPLOY, 'collector/config.yaml'), 'utf8')
    for (const name of Object.keys(compose.services.collector?.environment ?? {})) expect(collector.includes(`\${env:${name}`), name).toBe(true)
  })
})

describe('the image’s tree', () => {
  const folder = tempDir()
  const app = join(folder, 'app')
  let child: ChildProcess | null = null
  beforeAll(() => {
    mkdirSync(app)
    for (const [source, target] of copiesOf(join(ROOT, 'Dockerfile'))) {
      const to = join(app, target.endsWith('/') ? join(target, source) : target)
      mkdirSync(dirname(to), { recursive: true })
      if (!to.endsWith('package.json') || !existsSync(to))
        cpSync(join(ROOT, source), to, { filter: (path) => !/node_modules|\/dist$|\.test\.ts$|\.tsbuildinfo$/.test(path.slice(ROOT.length)), recursive: true })
    }
    // The packages installed beside it, as they are here; those of the project are the copies.
    mkdirSync(join(app, 'node_modules', '@syntropism'), { recursive: true })
    for (const name of readdirSync(join(ROOT, 'node_modules')))
      if (name !== '@syntropism' && name !== 'syntropism' && !name.startsWith('.'))
        symlinkSync(join(ROOT, 'node_modules', name), join(app, 'node_modules', name))
    for (const name of readdirSync(join(app, 'packages')))
      symlinkSync(join(app, 'packages', name), join(app, 'node_modules', name === 'syntropism' ? name : join('@syntropism', name)))
  })
  afterAll(() => {
    child?.kill('SIGKILL')
    removeDir(folder)
  })

  it('starts with the image’s command, is found healthy by its health check, and ends in order when it is told to', async () => {
    const probe = createServer()
    const port = await new Promise<number>((done) => probe.listen(0, '127.0.0.1', () => done((probe.address() as { port: number }).port)))
    await new Promise((done) => probe.close(done))
    const dockerfile = join(ROOT, 'Dockerfile')
    const [, ...entry] = listOf(dockerfile, 'ENTRYPOINT')
    const env = { ...process.env, SYNTROPISM_DATA: join(folder, 'data'), SYNTROPISM_HOST: '0.0.0.0', SYNTROPISM_PORT: String(port) }
    const healthCheck = async (): Promise<number | null> => {
      const text =
        instructionsOf(dockerfile)
          .find(([name]) => name === 'HEALTHCHECK')
          ?.join(' ') ?? ''
      const [, ...args] = JSON.parse(/CMD (\[.*\])/.exec(text)?.[1] ?? '[]') as string[]
      return (await finish(spawn(process.execPath, args, { env, stdio: 'ignore' }))).code
    }
    expect(await healthCheck()).toBe(1)
    child = spawn(process.execPath, [...entry, ...listOf(dockerfile, 'CMD')], { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = finish(child)
    for (let attempt = 0; attempt < 100 && (await healthCheck()) !== 0; attempt++) expect(child.exitCode).toBeNull()
    expect(await healthCheck()).toBe(0)
    child.kill('SIGTERM')
    const { code, stderr } = await ended
    expect([code, stderr]).toEqual([0, ''])
    expect(existsSync(join(folder, 'data', 'economy.sqlite'))).toBe(true)
  })
})
