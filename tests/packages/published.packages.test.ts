import { execFile } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeDir, tempDir } from '../program.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const NAMES = readdirSync(join(ROOT, 'packages')).toSorted()
const execute = promisify(execFile)
const node = (args: readonly string[], cwd: string) => execute(process.execPath, args, { cwd, maxBuffer: 1e8 })

let folder = ''
let tarballs: string[] = []
beforeAll(async () => {
  folder = tempDir()
  await node([join(ROOT, 'scripts', 'pack.mjs'), join(folder, 'packs')], ROOT)
  tarballs = readdirSync(join(folder, 'packs')).map((name) => join(folder, 'packs', name))
})
afterAll(() => removeDir(folder))

const tarballOf = (name: string): string => tarballs.find((path) => path.endsWith(`/${name === 'syntropism' ? '' : 'syntropism-'}${name}-0.1.0.tgz`)) ?? ''

describe.each(NAMES)('the package %s', (name) => {
  it('is whole: nothing that publint would change', async () => {
    const data = readFileSync(tarballOf(name))
    const { messages, pkg } = await publint({
      pack: { tarball: data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) },
      strict: true,
    })
    expect(messages.map((message) => formatMessage(message, pkg ?? {}))).toEqual([])
  })

  it('brings its licence and a page that says what it is', async () => {
    const { stdout } = await execute('tar', ['-tzf', tarballOf(name)])
    const files = stdout.split('\n')
    expect(files).toContain('package/LICENSE')
    expect(files).toContain('package/README.md')
    expect(files.filter((file) => file.includes('.test.') && !file.startsWith('package/templates/'))).toEqual([])
    expect(files.some((file) => /^package\/dist\/.*\.js$/.test(file))).toBe(true)
  })
})

describe.each(NAMES.filter((name) => name !== 'syntropism'))('the types of %s', (name) => {
  it('are found by every resolver of ES modules', async () => {
    const attw = join(ROOT, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    const args = [attw, tarballOf(name), '--profile', 'esm-only', '--format', 'ascii', '--exclude-entrypoints', './schemas/*']
    expect(await node(args, ROOT).catch((error: { stdout: string }) => error)).not.toHaveProperty('code')
  })
})

describe('an empty project', () => {
  it('installs the packages, compiles strictly against their types, and runs them and the command line', async () => {
    const project = join(folder, 'project')
    mkdirSync(project)
    writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'mine', private: true, type: 'module', version: '1.0.0' }))
    await execute('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...tarballs, '@types/node@26.6.6'], { cwd: project, maxBuffer: 1e8 })
    copyFileSync(join(import.meta.dirname, 'project', 'use.ts'), join(project, 'use.ts'))
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
    const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false', '--module', 'nodenext', '--target', 'es2024']
    await node([tsc, ...strict, '--lib', 'es2024,dom', '--types', 'node', 'use.ts'], project)
    expect(JSON.parse((await node(['use.ts'], project)).stdout)).toEqual({
      client: 'function',
      exact: 1,
      gini: 0.25,
      greedy: 5,
      items: 25,
      name: 'mine',
      ok: true,
      steps: 4,
      tokens: 'observer',
    })
    const command = join(project, 'node_modules/syntropism/bin/syntropism.js')
    const judged = await node([command, 'benchmark', 'run', 'ER-1', '--agent', join(project, 'node_modules/syntropism/agents/genesis'), '--json'], project)
    expect(JSON.parse(judged.stdout)).toMatchObject({ agent: 'genesis', items: [{ item: 'ER-1', passes: 1 }] })
    const swept = await node([command, 'sweep', 'boltzmann', '--agents', '50', '--steps', '5', '--seeds', '1..2', '--out', 'swept', '--json'], project)
    expect(swept.stdout).toContain('"failed"')
    for (const template of ['rule', 'llm', 'python']) {
      await node([command, 'init', 'agent', `my-${template}`, '--template', template], project)
      const weak = template === 'python' ? ['--allow-weak-sandbox'] : []
      const tested = await node([command, 'agent', 'test', `my-${template}`, '--sandbox', 'node', ...weak, '--windows', '2', '--json'], project)
      expect(JSON.parse(tested.stdout)).toMatchObject({ agent: `my-${template}`, verdict: 'ready' })
    }
    const lived = await node([command, 'live', '--for', '6s', '--port', '0', '--json', '--sandbox', 'node'], project)
    expect(lived.stdout).toContain('"execution_started"')
  })
})

describe('the Python client', () => {
  it('is installed by pip from its folder, with its types, and depends on nothing', async () => {
    const [source, venv] = [join(folder, 'sdk-python'), join(folder, 'venv')]
    cpSync(join(ROOT, 'sdk-python'), source, { recursive: true })
    await execute('python3', ['-m', 'venv', venv])
    await execute(join(venv, 'bin/pip'), ['install', '--quiet', '--disable-pip-version-check', source])
    const code =
      'import importlib.metadata as m, pathlib, syntropism; print(m.version("syntropism"), m.requires("syntropism"), (pathlib.Path(syntropism.__file__).parent / "py.typed").exists())'
    expect((await execute(join(venv, 'bin/python'), ['-c', code], { cwd: folder })).stdout.trim()).toBe('0.1.0 None True')
  })
})
