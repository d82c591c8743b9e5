// Beside Mesa (Python), installed into .parts/peers at the first run: npm run bench:peers. Both sides one core, CPU time, in turn, in fresh rounds.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MODELS, type Model, Run } from '@syntropism/simulation'
import { machine, median, medianInterval } from '../measure.ts'

const MESA = process.env.MESA_VERSION ?? '3.3.1'
const PAIRS = 20
const FOLDER = resolve(import.meta.dirname, '../../.parts/peers')
const PYTHON = join(FOLDER, 'bin/python')

function install(): void {
  if (!existsSync(PYTHON)) execFileSync('python3', ['-m', 'venv', FOLDER], { stdio: 'inherit' })
  execFileSync(PYTHON, ['-m', 'pip', 'install', '--quiet', `mesa==${MESA}`], { stdio: 'inherit' })
}

/** Agent-steps per second of CPU time, after one step to warm up. */
function ours(run: Run, agents: number, steps: number): number {
  const before = process.cpuUsage()
  for (let step = 0; step < steps; step++) run.step()
  const used = process.cpuUsage(before)
  return (agents * steps * 1_000_000) / (used.user + used.system)
}

const mesa = (agents: number, steps: number): number =>
  Number(execFileSync(PYTHON, [join(import.meta.dirname, 'mesa_boltzmann.py'), String(agents), String(steps)], { encoding: 'utf8' }))

const million = (rate: number): string => `${(rate / 1_000_000).toFixed(2)} M/s`.padStart(11)

install()
console.log(`Boltzmann wealth exchange, agent-steps per second · ${machine()} · Mesa ${MESA} · ${PAIRS} pairs`)
for (const agents of [1000, 10_000, 100_000]) {
  const run = new Run({ agents, model: MODELS.boltzmann as Model, observe_every: 1_000_000_000, seed: 1, steps: 1_000_000_000 })
  ours(run, agents, Math.ceil(2_000_000 / agents))
  const pairs = Array.from({ length: PAIRS }, () => ({
    mesa: mesa(agents, Math.max(1, 300_000 / agents)),
    ours: ours(run, agents, Math.ceil(10_000_000 / agents)),
  }))
  const ratios = pairs.map((pair) => pair.ours / pair.mesa)
  const interval = medianInterval(ratios).map((one) => one.toFixed(0))
  console.log(
    `${String(agents).padStart(8)} agents  ours ${million(median(pairs.map((pair) => pair.ours)))}  Mesa ${million(median(pairs.map((pair) => pair.mesa)))}  ratio ${median(ratios).toFixed(0)} [${interval.join(', ')}]`,
  )
}
