import type { Command } from 'commander'
import type { LocalFlags } from '../terminal/local.ts'
import type { OrderFlags } from './commands.ts'
import { integer, withData } from '../terminal/options.ts'

const load = () => import('./commands.ts')
const withReason = (command: Command): Command => withData(command).requiredOption('--reason <text>', 'why; stands in the log of orders beside who')

/** The operator's orders to a running economy. */
export function addOperator(program: Command): void {
  const operator = program.command('operator').description('orders to the running economy; needs SYNTROPISM_TOKEN of an operator')
  withReason(operator.command('pause').argument('<agent>').description('no more windows for an agent'))
    .option('--now', 'also end the window that runs; the unused part of its price returns')
    .action(async (agent: string, flags: OrderFlags) => (await load()).runPause(agent, flags))
  withReason(operator.command('resume').argument('[agent]').description('windows again for an agent, or for all after a drain')).action(
    async (agent: string | undefined, flags: OrderFlags) => (await load()).runResume(agent, flags),
  )
  withReason(operator.command('kill').argument('<agent>').description('end an agent for good')).action(async (agent: string, flags: OrderFlags) =>
    (await load()).runKill(agent, flags),
  )
  withReason(operator.command('fund').argument('<agent>').argument('<credits>').description('grant credits')).action(
    async (agent: string, amount: string, flags: OrderFlags) => (await load()).runFund(agent, amount, flags),
  )
  withReason(operator.command('message').argument('<agent>').argument('<text>').description('a message from “system”, at no cost')).action(
    async (agent: string, text: string, flags: OrderFlags) => (await load()).runMessage(agent, text, flags),
  )
  withReason(operator.command('drain').description('sell no more windows, for maintenance'))
    .option('--now', 'also end the windows that run; the unused part of their price returns')
    .option('--wait', 'return once no window runs any more')
    .action(async (flags: OrderFlags) => (await load()).runDrain(flags))
  withReason(operator.command('tune').argument('<name=value...>').description('change numbers of the rules; "operator rules" shows them')).action(
    async (settings: string[], flags: OrderFlags) => (await load()).runTune(settings, flags),
  )
  withReason(operator.command('capacity').argument('<executor>').description('what an executor offers, until it registers again'))
    .option('--cpu-millicores <n>', 'thousandths of a core', integer(0, 100_000_000))
    .option('--memory-mb <n>', 'memory in MB', integer(0, 100_000_000))
    .action(async (executor: string, flags: OrderFlags & { cpuMillicores?: number; memoryMb?: number }) => (await load()).runCapacity(executor, flags))
  withData(operator.command('rules').description('the numbers of the rules as they are now')).action(async (flags: LocalFlags) =>
    (await load()).runRules(flags),
  )
  withData(operator.command('alerts').description('what a person should look at, since the last start')).action(async (flags: LocalFlags) =>
    (await load()).runAlerts(flags),
  )
  withData(operator.command('orders').description('orders so far: who, when, what and why'))
    .option('--limit <n>', 'how many', integer(1, 1000), 50)
    .action(async (flags: LocalFlags & { limit: number }) => (await load()).runOrders(flags))
}
