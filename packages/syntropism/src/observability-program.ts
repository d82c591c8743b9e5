import type { Command } from 'commander'
import { integer, withData } from './options.ts'
import type { PushFlags } from './phoenix-command.ts'
import type { TraceCheckFlags } from './trace-commands.ts'

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
    .option('--url <url>', 'address of Phoenix', 'http://127.0.0.1:6006')
    .option('--client <dir>', 'folder in which @arizeai/phoenix-client is installed', '.')
    .action(async (flags: PushFlags) => (await import('./phoenix-command.ts')).runPush(flags))
}
