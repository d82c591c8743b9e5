// The starter agent beside what it should be compared with, on every item: rules alone, the same with a model, the model alone, greed and chance.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { loadScenarios } from '@syntropism/benchmark'
import {
  type AgentStarter,
  RunFolder,
  type TrialResult,
  type WorldLlm,
  builtInAgent,
  openSandboxedAgent,
  openScriptedModel,
  planOf,
  runItems,
  summarise,
} from '@syntropism/benchmark/run'
import { LlmConfig } from '@syntropism/runtime'

const ROOT = resolve(import.meta.dirname, '..')
const { values: flags } = parseArgs({
  options: {
    epochs: { default: '3', type: 'string' },
    llm: { type: 'string' },
    'llm-epochs': { default: '1', type: 'string' },
    only: { type: 'string' },
    out: { default: 'runs/baselines', type: 'string' },
  },
})

interface Contestant {
  readonly about: string
  readonly epochs: number
  readonly llm: boolean
  readonly name: string
  open(): Promise<AgentStarter>
}

/** The starter agent with another policy towards its model. */
async function genesis(advice: 'followed' | 'guarded' | 'off'): Promise<AgentStarter> {
  const folder = mkdtempSync(join(tmpdir(), 'syntropism-baseline-'))
  cpSync(join(ROOT, 'agents/genesis'), folder, { recursive: true })
  const policy = JSON.parse(readFileSync(join(folder, 'policy.json'), 'utf8')) as object
  writeFileSync(join(folder, 'policy.json'), JSON.stringify({ ...policy, advice }))
  const agent = await openSandboxedAgent({ agent_dir: folder, allow_weak: false, sandbox: 'auto', sdk_dir: join(ROOT, 'packages/sdk'), wall_ms: 900_000 })
  return {
    ...agent,
    async close() {
      await agent.close()
      rmSync(folder, { force: true, recursive: true })
    },
  }
}
const builtIn = async (name: string): Promise<AgentStarter> => {
  const agent = builtInAgent(name)
  if (agent === null) throw new Error(`there is no agent "${name}"`)
  return agent
}

const [ruleEpochs, llmEpochs] = [Number(flags.epochs), Number(flags['llm-epochs'])]
const CONTESTANTS: readonly Contestant[] = [
  { about: '`agents/genesis`, rules alone', epochs: ruleEpochs, llm: false, name: 'rules', open: () => genesis('off') },
  { about: '`agents/genesis`, the model picks and the rules guard', epochs: llmEpochs, llm: true, name: 'guarded', open: () => genesis('guarded') },
  { about: '`agents/genesis`, whatever the model picks is done', epochs: llmEpochs, llm: true, name: 'model', open: () => genesis('followed') },
  { about: 'built in', epochs: ruleEpochs, llm: false, name: 'greedy', open: () => builtIn('greedy') },
  { about: 'built in', epochs: ruleEpochs, llm: false, name: 'random', open: () => builtIn('random') },
]

const items = loadScenarios(join(ROOT, 'scenarios'))
const scripted = await openScriptedModel()

function llmFor(name: string): WorldLlm | null {
  if (flags.llm === undefined) return null
  const config = LlmConfig.parse(JSON.parse(readFileSync(flags.llm, 'utf8')))
  return { config: { ...config, recording: 'record' }, models_dir: dirname(resolve(flags.llm)), recordings_dir: join(flags.out, `${name}-answers`) }
}

async function runOne({ epochs: times, llm, name, open }: Contestant): Promise<readonly TrialResult[] | null> {
  const models = llm ? llmFor(name) : null
  if (llm && models === null) return null
  const agent = await open()
  const folder = new RunFolder(join(flags.out, name))
  folder.begin(planOf(name, items, 1, times))
  try {
    const { trials } = await runItems({
      agent: { ...agent, name },
      epochs: times,
      folder,
      item_ms_max: 3_600_000,
      items,
      ...(models === null ? {} : { llm: models }),
      model_url: scripted.url,
      onTrial: (trial, done, all) => process.stderr.write(`${name} ${done}/${all} ${trial.item} ${trial.error ?? (trial.pass ? 'passed' : 'failed')}\n`),
      parallel: 1,
      repeats: 1,
      run_micro_usd_max: Number.MAX_SAFE_INTEGER,
      run_ms_max: Number.MAX_SAFE_INTEGER,
      seed: 1,
    })
    return trials
  } finally {
    await agent.close()
  }
}

const worldsOf = (trials: readonly TrialResult[]): string => {
  const worlds = trials.flatMap((trial) => trial.variants)
  return `${worlds.filter((world) => world.failures.length === 0).length}/${worlds.length}`
}

const results = new Map<string, readonly TrialResult[]>()
for (const one of CONTESTANTS) {
  if (flags.only !== undefined && !flags.only.split(',').includes(one.name)) continue
  const trials = await runOne(one)
  if (trials !== null) results.set(one.name, trials)
}
await scripted.close()

const columns = [...results]
console.log(`| item | ${columns.map(([name]) => name).join(' | ')} |`)
console.log(`| --- | ${columns.map(() => '---').join(' | ')} |`)
for (const { id } of items) {
  const cells = columns.map(([, trials]) => {
    const { epochs, interval, passes } = summarise(trials.filter((trial) => trial.item === id)).items[0] ?? {
      epochs: 0,
      interval: { high: 1, low: 0 },
      passes: 0,
    }
    return epochs === 0 ? 'not judged' : `${passes}/${epochs} (${interval.low.toFixed(2)}–${interval.high.toFixed(2)})`
  })
  console.log(`| ${id} | ${cells.join(' | ')} |`)
}
console.log(`| worlds | ${columns.map(([, trials]) => worldsOf(trials)).join(' | ')} |`)
const whole = columns.map(([, trials]) => {
  const { high, low, score } = summarise(trials).whole
  return `${score.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`
})
console.log(`| **score** | ${whole.join(' | ')} |`)
for (const { about, epochs: times, llm, name } of CONTESTANTS)
  if (results.has(name)) console.log(`${name}: ${about}; ${times} epochs from seed 1${llm ? `; models of ${flags.llm ?? ''}` : ''}.`)
