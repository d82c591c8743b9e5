import type { Command } from 'commander'
import type { LocalFlags } from '../terminal/local.ts'
import { collect, integer, withData } from '../terminal/options.ts'
import type { PastFlags } from '../archive/past.ts'
import type { SimulateFlags } from './simulate-command.ts'
import type { SweepFlags } from './sweep-command.ts'

const count = integer(1, Number.MAX_SAFE_INTEGER)

/** An economy in figures. */
export function addIndicators(program: Command): void {
  withData(program.command('indicators').description('the economy in figures: inequality, velocity, supply, prices, use, welfare and gap, population, lineage'))
    .option('--at <seq|time>', 'as it was after this sequence number, or at this time')
    .action(async (flags: LocalFlags & PastFlags) => (await import('../inspect/indicator-commands.ts')).showIndicators(flags))
}

/** Runs and sweeps of models in virtual time. */
export function addSimulation(program: Command): void {
  program
    .command('simulate')
    .argument('<model>', 'name of a model, or a module that exports "model"')
    .description('run a model on the economy in virtual time')
    .option('--agents <n>', 'how many', count)
    .option('--steps <n>', 'how many', count)
    .option('--seed <n>', 'the same seed gives the same run', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--set <key=value>', 'a parameter; may be repeated', collect)
    .option('--activation <order>', 'random, sequential or simultaneous, as far as the model allows')
    .option('--time <kind>', 'scheduled or event-driven, as far as the model allows')
    .option('--observe-every <n>', 'steps between two observations', count)
    .option('--from <dir>', 'go on from the economy in this data folder, in virtual time; it is only read')
    .option('--at <seq|time>', 'with --from: as it was after this sequence number, or at this time')
    .option('--out <dir>', 'folder for series.csv, series.parquet, report.html, and for a run that is stopped')
    .option('--resume', 'go on with a run that was stopped in the folder of --out')
    .option('--describe', "show the model's parameters instead of running it")
    .option('--json', 'machine-readable output')
    .action(async (model: string, flags: SimulateFlags) => (await import('./simulate-command.ts')).runSimulate(model, flags))
  program
    .command('sweep')
    .argument('<model>', 'name of a model, or a module that exports "model"')
    .description('run a model over a grid of parameters and seeds, on several threads or hosts')
    .option('--grid <key=values>', 'a,b,c or low..high:step; keys of the model, or agents, steps, activation, time; may be repeated', collect)
    .option('--seeds <list>', 'such as 1..20 or 1,2,7', '1..5')
    .option('--workers <n>', 'threads (default: "auto", as many as the machine runs at once)', (text) => (text === 'auto' ? 0 : count(text)))
    .option('--nats <url>', 'have the runs carried out by "syntropism worker" on this NATS')
    .option('--creds <file>', 'credentials for NATS (default NATS_CREDS)')
    .option('--out <dir>', 'folder for results (default ./sweep-<model>)')
    .option('--resume', 'go on with a sweep that was stopped; failed runs are tried again')
    .option('--agents <n>', 'how many', count)
    .option('--steps <n>', 'how many', count)
    .option('--set <key=value>', 'a parameter that is the same for all runs; may be repeated', collect)
    .option('--activation <order>', 'random, sequential or simultaneous')
    .option('--time <kind>', 'scheduled or event-driven')
    .option('--observe-every <n>', 'steps between two observations', count)
    .option('--json', 'machine-readable output')
    .action(async (model: string, flags: SweepFlags) => (await import('./sweep-command.ts')).runSweep(model, flags))
}
