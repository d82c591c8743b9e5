// Builds every package into JavaScript with types and packs it: node scripts/pack.mjs [folder], default ./.packages. The work tree stays
// without a build, which would hide its sources from the launcher: everything happens in a copy.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')
const out = resolve(process.argv[2] ?? join(ROOT, '.packages'))
const stage = mkdtempSync(join(tmpdir(), 'syntropism-pack-'))
const names = readdirSync(join(ROOT, 'packages')).filter((name) => existsSync(join(ROOT, 'packages', name, 'package.json')))

/** Links everything installed, and puts the copied packages where the originals were linked. */
function linkModules() {
  const modules = join(ROOT, 'node_modules')
  mkdirSync(join(stage, 'node_modules', '@syntropism'), { recursive: true })
  for (const entry of readdirSync(modules))
    if (entry !== '@syntropism' && entry !== 'syntropism') symlinkSync(join(modules, entry), join(stage, 'node_modules', entry))
  for (const name of names) {
    if (name !== 'syntropism') symlinkSync(join(stage, 'packages', name), join(stage, 'node_modules', '@syntropism', name))
    const own = join(ROOT, 'packages', name, 'node_modules')
    if (existsSync(own)) symlinkSync(own, join(stage, 'packages', name, 'node_modules'))
  }
}

/** The sources with settings that write JavaScript too. */
function copySources() {
  for (const name of names)
    cpSync(join(ROOT, 'packages', name), join(stage, 'packages', name), {
      filter: (path) => !['dist', 'node_modules'].includes(basename(path)) && !path.endsWith('.test.ts'),
      recursive: true,
    })
  for (const file of ['tsconfig.json', 'tsconfig.base.json']) cpSync(join(ROOT, file), join(stage, file))
  const configs = readdirSync(join(stage, 'packages'), { recursive: true }).filter((path) => basename(path) === 'tsconfig.json')
  for (const path of configs) {
    const file = join(stage, 'packages', path)
    writeFileSync(file, readFileSync(file, 'utf8').replace('"emitDeclarationOnly": true', '"emitDeclarationOnly": false'))
  }
  // The command line ships what it starts by itself.
  for (const folder of ['agents', 'scenarios']) cpSync(join(ROOT, folder), join(stage, 'packages', 'syntropism', folder), { recursive: true })
  // The agents' client brings the one for Python along: an economy hands both to the programs it starts.
  cpSync(join(ROOT, 'sdk-python', 'src'), join(stage, 'packages', 'sdk', 'python'), { filter: (path) => basename(path) !== '__pycache__', recursive: true })
  cpSync(join(ROOT, 'THIRD_PARTY_LICENSES.md'), join(stage, 'packages', 'syntropism', 'THIRD_PARTY_LICENSES.md'))
  for (const name of names) cpSync(join(ROOT, 'LICENSE'), join(stage, 'packages', name, 'LICENSE'))
}

const run = (command, args, cwd) => execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })

try {
  copySources()
  linkModules()
  run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-b'], stage)
  rmSync(out, { force: true, recursive: true })
  mkdirSync(out, { recursive: true })
  for (const name of names) run('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', out], join(stage, 'packages', name))
  console.log(`${names.length} packages in ${out}`)
} finally {
  rmSync(stage, { force: true, recursive: true })
}
