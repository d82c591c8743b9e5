import { MECHANISMS, PAYMENT_RULES } from '@syntropism/economy'
import { type Command, Option } from 'commander'
import { CURVES } from './curves.ts'
import type { BookFlags } from './book-command.ts'
import type { ClearFlags } from './clear-commands.ts'
import { collect, integer } from '../terminal/options.ts'
import type { PriceFlags } from './price-command.ts'
import type { RegretFlags } from './regret-command.ts'

function addMechanisms(program: Command): void {
  const seconds = integer(1, 3600)
  program
    .command('clear')
    .argument('<book>', 'JSON file: {"supply": {…}, "bids": [{"id", "bundle", "price"}]}')
    .description('clear a book from a file under a chosen mechanism')
    .addOption(new Option('--mechanism <name>', 'allocation rule').choices(MECHANISMS).default('highest-bid'))
    .addOption(new Option('--payments <rule>', 'payment rule').choices(PAYMENT_RULES).default('bid'))
    .option('--time-limit <s>', 'seconds the exact solver may take per solve', seconds, 10)
    .option('--json', 'machine-readable output')
    .action(async (book: string, flags: ClearFlags) => (await import('./clear-commands.ts')).runClear(book, flags))
  program
    .command('compare')
    .argument('<book...>', 'JSON files of books')
    .description('clear books under every sound pair of mechanism and payments, side by side')
    .option('--time-limit <s>', 'seconds the exact solver may take per solve', seconds, 10)
    .option('--plot <file>', 'write the comparison as an SVG picture')
    .option('--json', 'machine-readable output')
    .action(async (books: string[], flags: { json?: boolean; plot?: string; timeLimit: number }) =>
      (await import('./clear-commands.ts')).runCompare(books, flags),
    )
}

function addFormulas(program: Command): void {
  program
    .command('formula')
    .argument('[name]', 'which one; --list names them')
    .description('evaluate a published formula of market design')
    .option('--input <json>', 'its input')
    .option('--list', 'name the formulas; with --json also their schemas and a worked example')
    .option('--json', 'machine-readable output')
    .action(async (name: string | undefined, flags: { input?: string; json?: boolean; list?: boolean }) =>
      (await import('./formula-commands.ts')).runFormula(name, flags),
    )
  const micro = integer(0, Number.MAX_SAFE_INTEGER)
  program
    .command('price')
    .argument('<utilisation.csv>', 'a share from 0 to 1 per line, in the last column')
    .description('trace a price curve along a file of utilisations')
    .addOption(new Option('--curve <name>', 'price curve; clearing also needs --book').choices(CURVES).default('linear'))
    .option('--price <micro>', 'opening price, micro-credits per second', micro, 4_000_000)
    .option('--floor <micro>', 'lowest price', integer(1, Number.MAX_SAFE_INTEGER), 1_000_000)
    .option('--ceiling <micro>', 'highest price', micro, 1_000_000_000)
    .option('--target <ppm>', 'target utilisation of base-fee and excess, parts per million', integer(1, 999_999), 500_000)
    .option(
      '--book <file>',
      'book whose demand curve --curve clearing meets (needed by it, of no use to the others); a line of the file is then the share already taken',
    )
    .option('--resource <name>', 'resource of that book; the first when not named')
    .option('--json', 'machine-readable output')
    .action(async (file: string, flags: PriceFlags) => (await import('./price-command.ts')).runPrice(file, flags))
}

function addRegret(program: Command): void {
  program
    .command('regret')
    .argument('<book>', 'JSON file of a book; its prices count as what the bundles are worth')
    .description('how far from truthful each sound pair is: the gain of the best other price, measured')
    .option('--bids <n>', 'bids to try, evenly spread over the book', integer(1, 100_000), 40)
    .option('--json', 'machine-readable output')
    .action(async (book: string, flags: RegretFlags) => (await import('./regret-command.ts')).runRegret(book, flags))
}

function addBook(program: Command): void {
  program
    .command('book')
    .argument('[distribution]', 'which one; --list names them')
    .description('draw a book at random from a distribution of the literature, for clear and compare')
    .option('--bids <n>', 'how many', integer(1, 1_000_000), 100)
    .option('--seed <n>', 'the same seed gives the same book', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--set <key=value>', 'a parameter of the distribution; may be repeated', collect)
    .option('--list', 'name the distributions with their parameters and sources')
    .option('--json', 'with --list: machine-readable output; a book always is')
    .action(async (distribution: string | undefined, flags: BookFlags) => (await import('./book-command.ts')).runBook(distribution, flags))
}

/** Commands of the mechanism lab: they need no running economy. */
export function addLab(program: Command): void {
  addBook(program)
  addMechanisms(program)
  addFormulas(program)
  addRegret(program)
}
