// Runs in a process of its own, without rights: measures a version of a program. Reads a job from standard input and writes what it measured.
// The program under test is loaded into a realm of its own, which has JavaScript's own objects and nothing else: no process, no modules, no way to
// make code from text. What goes in and comes out is text.
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join } from 'node:path'
import process from 'node:process'
import { SourceTextModule, constants, createContext } from 'node:vm'

const realm = createContext(constants.DONT_CONTEXTIFY, { codeGeneration: { strings: false, wasm: false } })

async function load(source: string): Promise<Record<string, unknown>> {
  // An import would hand out an object of the host's, even where it is refused.
  if (/\bimport\b/u.test(source)) throw new Error('a program that is measured imports nothing: the word "import" must not occur in it')
  const module = new SourceTextModule(source, { context: realm })
  await module.link(() => {
    throw new Error('there is nothing to import')
  })
  await module.evaluate()
  return module.namespace as Record<string, unknown>
}

function benchesSource(): string {
  const type = extname(import.meta.filename)
  const text = readFileSync(join(import.meta.dirname, `benches${type}`), 'utf8')
  return type === '.ts' ? stripTypeScriptTypes(text) : text
}

async function run(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  const { source, ...job } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { readonly source: string }
  const { measure } = (await load(benchesSource())) as { measure(program: object, job: string): string }
  return measure(await load(source), JSON.stringify(job))
}

/** What was thrown, in words: it may be anything of the program's making. */
function wordsOf(error: unknown): string {
  const { message } = Object(error) as { message?: unknown }
  return typeof message === 'string' ? message : String(error)
}

let told: string
try {
  told = await run()
} catch (error) {
  told = JSON.stringify({ error: wordsOf(error) })
}
process.stdout.write(told)
process.exit()
