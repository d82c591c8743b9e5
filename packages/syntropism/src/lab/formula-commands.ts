import { BookError } from '@syntropism/economy'
import { ConfigError } from '@syntropism/runtime'
import { z } from 'zod'
import { FORMULA_EXAMPLES } from './formula-examples.ts'
import { FORMULAS } from './formulas.ts'
import { table } from '../terminal/format.ts'

function list(json: boolean): void {
  const schemas = Object.entries(FORMULAS).map(([name, { input, output, source }]) => ({
    example: FORMULA_EXAMPLES[name],
    input: z.toJSONSchema(input, { io: 'input' }),
    name,
    output: z.toJSONSchema(output, { io: 'input' }),
    source,
  }))
  const rows = schemas.map(({ input, name, source }) => [name, Object.keys((input as { properties?: object }).properties ?? {}).join(', '), source])
  process.stdout.write(`${json ? JSON.stringify(schemas) : table([['formula', 'input', 'source'], ...rows])}\n`)
}

/** `syntropism formula`: evaluates one published formula, or lists them. */
export function runFormula(name: string | undefined, flags: { readonly input?: string; readonly json?: boolean; readonly list?: boolean }): void {
  if (flags.list === true) return list(flags.json === true)
  if (name === undefined) throw new ConfigError('formula: name one, or ask for --list')
  const formula = Object.hasOwn(FORMULAS, name) ? FORMULAS[name] : undefined
  if (formula === undefined) throw new ConfigError(`formula: "${name}" is none; there are ${Object.keys(FORMULAS).join(', ')}`)
  if (flags.input === undefined)
    throw new ConfigError(
      `formula ${name}: --input <json> is missing; right would be, for example, --input '${JSON.stringify(FORMULA_EXAMPLES[name]?.input)}'; its schema: ${JSON.stringify(z.toJSONSchema(formula.input, { io: 'input' }))}`,
    )
  try {
    process.stdout.write(`${JSON.stringify(formula.run(JSON.parse(flags.input)))}\n`)
  } catch (error) {
    if (error instanceof z.ZodError) throw new ConfigError(`formula ${name}: ${z.prettifyError(error)}`)
    if (error instanceof RangeError || error instanceof SyntaxError || error instanceof BookError) throw new ConfigError(`formula ${name}: ${error.message}`)
    throw error
  }
}
