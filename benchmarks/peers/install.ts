// Optional installs of the peers into .parts/peers, each on its own: what cannot be installed here is told, and the others are compared.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const FOLDER: string = resolve(import.meta.dirname, '../../.parts/peers')
const HERE = import.meta.dirname

/** Newest first: Mesa 3.4 and later need Python 3.12. */
const PYTHONS = [process.env.PEERS_PYTHON, 'python3.13', 'python3.12', 'python3'].filter((one) => one !== undefined)

const run = (program: string, args: readonly string[], cwd: string = FOLDER): string =>
  execFileSync(program, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

function venvWith(name: string, packages: readonly string[]): string {
  const folder = join(FOLDER, name)
  const python = join(folder, 'bin/python')
  const done = join(folder, 'installed')
  if (existsSync(done) && readFileSync(done, 'utf8') === packages.join(' ')) return python
  for (const program of PYTHONS) {
    try {
      run(program, ['-m', 'venv', '--clear', folder])
      run(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', ...packages])
      writeFileSync(done, packages.join(' '))
      return python
    } catch (error) {
      if (program === PYTHONS.at(-1)) throw error
    }
  }
  throw new Error('no Python found')
}

function npmPackage(name: string, version: string): string {
  const folder = join(FOLDER, 'npm')
  mkdirSync(folder, { recursive: true })
  const found = join(folder, 'node_modules', name)
  if (!existsSync(found)) run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`])
  return found
}

/** Builds a folder of Rust with cargo; the lockfile stays in .parts. */
function cargoBuilt(source: string, program: string): string {
  const folder = join(FOLDER, program)
  const built = join(folder, 'target/release', program)
  if (existsSync(built)) return built
  cpSync(join(HERE, source), folder, { recursive: true })
  run('cargo', ['build', '--release', '--quiet'], folder)
  return built
}

function rustcBuilt(source: string, name: string): string {
  const built = join(FOLDER, name)
  if (!existsSync(built)) run('rustc', ['--edition', '2021', '-C', 'opt-level=3', '-C', 'target-cpu=native', '-o', built, join(HERE, source)])
  return built
}

/** Ways to start each peer, program and first arguments; the size of the work follows. */
export const INSTALLS = {
  agentscript: () => [process.execPath, join(HERE, 'boltzmann/agentscript.mjs'), npmPackage('agentscript', '0.10.27')],
  ambr: () => [venvWith('ambr', ['ambr==0.5.2']), join(HERE, 'boltzmann/ambr_exchange.py')],
  fastlob: () => [venvWith('fastlob', ['fastlob==0.0.24']), join(HERE, 'orders/fastlob_orders.py')],
  krabmaga: () => [cargoBuilt('boltzmann/krabmaga', 'krabmaga-boltzmann')],
  mesa: () => [venvWith('mesa', ['mesa>=3.3.1,<4', 'networkx']), join(HERE, 'boltzmann/mesa_exchange.py')],
  mesa_frames: () => [venvWith('mesa-frames', ['mesa-frames==0.1.0a0']), join(HERE, 'boltzmann/mesa_frames_exchange.py')],
  node_order_book: () => [process.execPath, join(HERE, 'orders/node-order-book.mjs'), npmPackage('nodejs-order-book', '10.1.1')],
  rust_loop: () => [rustcBuilt('boltzmann/loop.rs', 'rust-loop')],
} as const satisfies Record<string, () => string[]>

export type PeerName = keyof typeof INSTALLS

/** The way to start a peer, installed if need be; the reason when it cannot be. */
export function install(name: PeerName): { readonly command: [string, ...string[]] } | { readonly missing: string } {
  mkdirSync(FOLDER, { recursive: true })
  try {
    return { command: INSTALLS[name]() as [string, ...string[]] }
  } catch (error) {
    const told = error instanceof Error && 'stderr' in error && String(error.stderr) !== '' ? String(error.stderr) : String(error)
    return { missing: told.trim().split('\n').at(-1) ?? '' }
  }
}
