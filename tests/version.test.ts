import { readFileSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { VERSION } from '../packages/runtime/src/version/index.ts'
import { createProgram } from '../packages/syntropism/src/program.ts'

const ROOT = resolve(import.meta.dirname, '..')
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), 'utf8')

it('all packages, both clients, the service and the command line carry one version', () => {
  const packages = readdirSync(join(ROOT, 'packages'))
  expect(packages.length).toBeGreaterThan(8)
  const carried = {
    ...Object.fromEntries(packages.map((name) => [name, (JSON.parse(read('packages', name, 'package.json')) as { version: string }).version])),
    'the command line': createProgram().version(),
    'the Python client': /^version = "(.*)"$/m.exec(read('sdk-python', 'pyproject.toml'))?.[1],
    'the Python module': /^__version__ = "(.*)"$/m.exec(read('sdk-python', 'src', 'syntropism', '__init__.py'))?.[1],
  }
  for (const [who, version] of Object.entries(carried)) expect(version, who).toBe(VERSION)
})
