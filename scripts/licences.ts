// Writes THIRD_PARTY_LICENSES.md: npm run licences. What is installed with the published packages, and under which licence.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

/** Licences that ask for no more than to be named and kept. */
const PERMISSIVE: ReadonlySet<string> = new Set([
  '0BSD',
  'AFL-2.1',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
  'Zlib',
])

export interface Dependency {
  /** SPDX expression, '' when the package names none. */
  readonly licence: string
  readonly name: string
  readonly version: string
}

interface Locked {
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly license?: string
  readonly link?: boolean
  readonly version?: string
}

const ROOT = new URL('../', import.meta.url)
const FILE = new URL('THIRD_PARTY_LICENSES.md', ROOT)
const read = (path: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(path, ROOT), 'utf8')) as Record<string, unknown>

/** What the lock file installs beside the tools of development. */
export function dependencies(): Dependency[] {
  const packages = read('package-lock.json').packages as Record<string, Locked>
  const found = Object.entries(packages)
    .filter(([path, one]) => path.includes('node_modules/') && one.link !== true && one.dev !== true && one.devOptional !== true)
    .map(([path, one]) => ({
      licence: (one.license ?? '').replaceAll(/[()]/g, ''),
      name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: one.version ?? '',
    }))
  const unique = new Map(found.map((one) => [`${one.name}@${one.version}`, one]))
  return [...unique.values()].toSorted((one, other) => (`${one.name}@${one.version}` < `${other.name}@${other.version}` ? -1 : 1))
}

/** Whether an SPDX expression of ORs and ANDs leaves a choice that is permissive throughout. */
const isPermissive = (expression: string): boolean =>
  expression.split(' OR ').some((choice) => choice.split(' AND ').every((one) => PERMISSIVE.has(one.trim())))

/** Packages whose licence asks for more than to be named, or which name none. */
export const offenders = (all: readonly Dependency[]): string[] =>
  all
    .filter((one) => !isPermissive(one.licence))
    .map((one) => `${one.name}@${one.version} is under ${one.licence === '' ? 'no licence that it names' : one.licence}`)

function licencesPage(): string {
  const all = dependencies()
  const counts = new Map<string, number>()
  for (const { licence } of all) counts.set(licence, (counts.get(licence) ?? 0) + 1)
  const summary = [...counts].toSorted((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1)).map(([licence, count]) => `${licence} ${count}`)
  return `# Third-party licences

What is installed with the published packages, from the lock file, written by \`npm run licences\`. Each brings its licence's text along in its own folder. Tools of development are not distributed and not listed. The Python client has no dependency.

${all.length} packages: ${summary.join(', ')}.

| package | version | licence |
| ------- | ------- | ------- |
${all.map(({ licence, name, version }) => `| ${name} | ${version} | ${licence} |`).join('\n')}
`
}

export const isLicencesPageStale = (): boolean => !existsSync(FILE) || readFileSync(FILE, 'utf8') !== licencesPage()

if (import.meta.main) writeFileSync(FILE, licencesPage())
