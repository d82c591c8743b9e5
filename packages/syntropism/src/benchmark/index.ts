import { type Command, Option } from 'commander'
import type { BenchmarkFlags, ScoreFlags } from './item-commands.ts'
import type { JudgeFlags } from './judge-command.ts'
import type { ProveFlags, RunFlags } from './run-command.ts'
import { collect, integer, sandboxOption } from '../terminal/options.ts'

const WHOLE = Number.MAX_SAFE_INTEGER
const withScenarios = (command: Command): Command =>
  command.option('--scenarios <dir>', 'folder of items (default: those of this project)').option('--json', 'machine-readable output')

function addRuns(benchmark: Command): void {
  withScenarios(benchmark.command('run').argument('[items...]', 'ids; all when left out').description('run an agent in the worlds of items, and judge it'))
    .requiredOption('--agent <dir|name>', 'folder with an agent.json, or one of: greedy, nothing, oracle, random, rule')
    .option('--epochs <n>', 'trials of each item, with seeds from --seed on', integer(1, 10_000), 1)
    .option('--seed <n>', 'seed of the first epoch', integer(0, WHOLE), 1)
    .option('--repeats <n>', 'runs of each seed; from 2 on the variance is split into agent and world', integer(1, 1000), 1)
    .option('--out <dir>', 'folder for the trials; a run in it is gone on with')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--llm <file>', 'models that the agent may think with in every world: JSON as `llm` in syntropism.config.json')
    .option('--record <dir>', 'keep what models answer')
    .option('--replay <dir>', 'answer from what was kept, without any model')
    .addOption(new Option('--clock <which>', 'of the worlds (default: what the agent’s manifest says, else virtual)').choices(['virtual', 'wall']))
    .option('--nats <url>', 'take the events of the worlds from this NATS (default NATS_URL; without one from the process)')
    .option('--parallel <n>', 'trials at the same time', integer(1, 64), 1)
    .option('--wall-limit <s>', 'longest wall time of one program of an agent from a folder', integer(1, 3600), 30)
    .option('--item-limit <s>', 'longest wall time of one trial', integer(1, 86_400), 600)
    .option('--run-limit <s>', 'longest wall time of the whole run', integer(1, 864_000), 86_400)
    .option('--spend-limit-micro-usd <n>', 'most that the whole run may spend on models', integer(0, WHOLE), 10_000_000)
    .option('--allow-weak-sandbox', 'run programs without walls: other than Node without bubblewrap, and plain processes')
    .addOption(sandboxOption())
    .action(async (items: string[], flags: RunFlags) => (await import('./run-command.ts')).runBenchmarkRun(items, flags))
  withScenarios(
    benchmark
      .command('prove')
      .argument('[items...]', 'ids; all when left out')
      .description('grade items by agents whose result is known: nothing never passes, chance under 5 %, the oracle always'),
  )
    .option('--seeds <n>', 'seeds of nothing and oracle', integer(1, 10_000), 20)
    .option('--random-seeds <n>', 'seeds of the random agent', integer(1, 10_000), 200)
    .action(async (items: string[], flags: ProveFlags) => (await import('./run-command.ts')).runBenchmarkProve(items, flags))
  benchmark
    .command('compare')
    .argument('<a>', 'folder of a run')
    .argument('<b>', 'folder of another')
    .description('is A better than B? A paired test over the same items and seeds, answered in words')
    .option('--out <file>', 'write both runs side by side as HTML')
    .option('--json', 'machine-readable output')
    .action(async (a: string, b: string, flags: { json?: boolean; out?: string }) => (await import('./report-command.ts')).runBenchmarkCompare(a, b, flags))
  withScenarios(
    benchmark.command('rescore').argument('<run>', 'folder of a run').description('judge a finished run again by the items as they are now; runs nothing'),
  ).action(async (folder: string, flags: BenchmarkFlags) => (await import('./report-command.ts')).runBenchmarkRescore(folder, flags))
  withScenarios(
    benchmark
      .command('judge')
      .argument('<run>', 'folder of a run')
      .description('let models judge a finished run by the criteria of its items, through the gateway of a running economy; what was judged is kept'),
  )
    .requiredOption('--model <name>', 'a judge; several by repeating, then their agreement is told', collect)
    .option('--url <url>', 'OpenAI-compatible address: an economy’s gateway', 'http://127.0.0.1:8000/v1')
    .option('--key-env <name>', 'variable that holds the key', 'SYNTROPISM_JUDGE_KEY')
    .option('--temperature <n>', 'of the judges', Number, 0.3)
    .option('--timeout <s>', 'longest wait for one answer', integer(1, 3600), 120)
    .option('--parallel <n>', 'trials at the same time', integer(1, 64), 2)
    .action(async (folder: string, flags: JudgeFlags) => (await import('./judge-command.ts')).runBenchmarkJudge(folder, flags))
  benchmark
    .command('report')
    .argument('<run>', 'folder of a run')
    .description('write a self-contained HTML report: every trial, its course of events, and why it passed or failed')
    .requiredOption('--out <file>', 'the HTML file')
    .option('--json', 'machine-readable output')
    .action(async (folder: string, flags: { json?: boolean; out: string }) => (await import('./report-command.ts')).runBenchmarkReport(folder, flags))
}

/** Commands of the benchmark. */
export function addBenchmark(program: Command): void {
  const benchmark = program.command('benchmark').description('items that set a world, run an agent in it and judge it from the event log')
  withScenarios(benchmark.command('list').description('all items')).action(async (flags: BenchmarkFlags) =>
    (await import('./item-commands.ts')).runBenchmarkList(flags),
  )
  withScenarios(
    benchmark
      .command('validate')
      .argument('[items...]', 'ids; all when left out')
      .description('check items as data: every drawn world must have the answer that its item accepts'),
  )
    .option('--seeds <n>', 'how many trials to draw of each', integer(1, 100_000), 200)
    .action(async (items: string[], flags: BenchmarkFlags & { seeds: number }) => (await import('./item-commands.ts')).runBenchmarkValidate(items, flags))
  withScenarios(
    benchmark
      .command('score')
      .argument('<log>')
      .description('judge a recorded event log (JSON lines) by the rules of one drawn world of an item; runs nothing'),
  )
    .requiredOption('--item <id>', 'such as FC-1')
    .option('--agent <id>', 'agent under test', 'agent')
    .option('--seed <n>', 'seed of the trial', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--variant <n>', 'which of its worlds', integer(0, 19), 0)
    .option('--output <file>', 'JSON that the agent handed in')
    .action(async (log: string, flags: ScoreFlags) => (await import('./item-commands.ts')).runBenchmarkScore(log, flags))
  addRuns(benchmark)
}
