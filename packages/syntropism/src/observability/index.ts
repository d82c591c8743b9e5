import type { Command } from 'commander'
import { integer, withData } from '../terminal/options.ts'
import type { ExperimentFlags, PricesFlags, PushFlags } from './phoenix-command.ts'
import type { TraceCheckFlags } from './trace-commands.ts'

const PHOENIX_URL = 'http://127.0.0.1:6006'
const PHOENIX_HELP = 'address of Phoenix'
const CLIENT_HELP = 'folder in which @arizeai/phoenix-client is installed'

/** A run as traces, and in Phoenix. */
export function addObservability(program: Command): void {
  const trace = program.command('trace').description('the run as traces')
  withData(trace.command('check').description('compare the journal with the spans that tell of it: orphans, events without span, spans without event'))
    .option('--spans <file>', 'spans as lines of OTLP JSON (SYNTROPISM_TRACE_FILE, or the Collector’s file exporter)')
    .option('--phoenix <url>', 'spans as Phoenix holds them')
    .option('--sampled', 'traces may be missing as a whole')
    .option('--after <seq>', 'only events after this sequence number', integer(0, Number.MAX_SAFE_INTEGER), 0)
    .option('--wait <seconds>', 'look again until complete, at most this long', integer(0, 3600), 0)
    .action(async (flags: TraceCheckFlags) => (await import('./trace-commands.ts')).runTraceCheck(flags))
  const phoenix = program.command('phoenix').description('the run in Phoenix')
  withData(phoenix.command('push').description('prompts with their scores and windows with their receipts as datasets, scores as annotations of spans'))
    .option('--url <url>', PHOENIX_HELP, PHOENIX_URL)
    .option('--client <dir>', CLIENT_HELP, '.')
    .action(async (flags: PushFlags) => (await import('./phoenix-command.ts')).runPush(flags))
  phoenix
    .command('prices')
    .description('what the configured models cost, so that Phoenix shows the costs of their calls')
    .option('--url <url>', PHOENIX_HELP, PHOENIX_URL)
    .option('--json', 'machine-readable output')
    .action(async (flags: PricesFlags) => (await import('./phoenix-command.ts')).runPrices(flags))
  phoenix
    .command('experiment')
    .argument('<run>', 'folder of a benchmark run (benchmark run --out)')
    .description('a finished run of the benchmark: items and seeds as a dataset, trials with their verdicts as an experiment on it')
    .option('--url <url>', PHOENIX_HELP, PHOENIX_URL)
    .option('--client <dir>', CLIENT_HELP, '.')
    .option('--json', 'machine-readable output')
    .action(async (run: string, flags: ExperimentFlags) => (await import('./phoenix-command.ts')).runExperimentPush(run, flags))
}
