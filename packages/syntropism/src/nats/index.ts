import type { Command } from 'commander'
import type { LocalFlags } from '../terminal/local.ts'
import type { DeadFlags, ExecutorFlags, ServiceFlags } from './commands.ts'
import { integer, sandboxOption } from '../terminal/options.ts'
import type { WorkerFlags } from '../simulation/worker-command.ts'

const withNats = (command: Command): Command =>
  command
    .option('--nats <url>', 'address of NATS (default NATS_URL)')
    .option('--creds <file>', 'credentials for NATS (default NATS_CREDS)')
    .option('--economy <id>', 'which economy, where NATS carries several')
    .option('--json', 'machine-readable output')

/** NATS: the service and executors as processes of their own, keys, dead letters. */
export function addNats(program: Command): void {
  withNats(program.command('service').description('the System Service as a process of its own, in front of an economy on NATS'))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port; 0 takes a free one (default 8000)', integer(0, 65_535))
    .action(async (flags: ServiceFlags) => (await import('./commands.ts')).runService(flags))
  withNats(program.command('executor').description('offer this machine to an economy on NATS'))
    .requiredOption('--id <id>', 'name of this executor; another process with the same name takes its place')
    .option('--dir <folder>', 'folder of this executor alone (default: ./.syntropism-executor/<id>)')
    .option('--cpu-millicores <n>', 'what it offers (default: all cores but one)', integer(1, 1_000_000))
    .option('--memory-mb <n>', 'what it offers (default: a quarter of the memory, at most 2048)', integer(1, 100_000_000))
    .option('--allow-weak-sandbox', 'run programs without walls: other than Node without bubblewrap, and plain processes')
    .addOption(sandboxOption())
    .action(async (flags: ExecutorFlags) => (await import('./commands.ts')).runExecutor(flags))
  program
    .command('worker')
    .description('carry out runs of sweeps that come over NATS')
    .option('--nats <url>', 'address of NATS (default NATS_URL)')
    .option('--creds <file>', 'credentials for NATS (default NATS_CREDS)')
    .option('--threads <n>', 'runs at the same time (default: as many as the machine runs at once)', integer(1, 1024))
    .option('--allow-modules', 'also carry out models that come along as modules: code of whoever may publish on this NATS')
    .option('--json', 'machine-readable output')
    .action(async (flags: WorkerFlags) => (await import('../simulation/worker-command.ts')).runWorker(flags))
  const nats = program.command('nats').description('keys and credentials for NATS')
  nats
    .command('init')
    .argument('<folder>')
    .description("new keys: the server's configuration, an issuer, credentials of writer, service, observer and workers")
    .option('--json', 'machine-readable output')
    .action(async (folder: string, flags: LocalFlags) => (await import('./commands.ts')).initNats(folder, flags))
  nats
    .command('executor')
    .argument('<id>')
    .description('credentials for one executor host')
    .requiredOption('--issuer <file>', 'issuer.json of "nats init"')
    .requiredOption('--out <file>', 'where the credentials go')
    .option('--json', 'machine-readable output')
    .action(async (id: string, flags: LocalFlags & { issuer: string; out: string }) => (await import('./commands.ts')).addExecutorCredentials(id, flags))
  withNats(nats.command('dead').description('dead letters of outside tool calls and receipts'))
    .option('--limit <n>', 'how many of each queue', integer(1, 100_000), 100)
    .option('--revive <letter>', 'put this one back into its queue')
    .action(async (flags: DeadFlags) => (await import('./commands.ts')).runDead(flags))
}
