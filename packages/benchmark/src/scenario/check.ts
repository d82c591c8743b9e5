import { type Variant, drawVariants } from './draw.ts'
import type { Scenario } from './schema.ts'
import { valuation } from './valuation.ts'

/** What is wrong with one drawn world, or null: the first accepted option must be within the means and the time, and have the best expected net gain. */
export function flawOf(variant: Variant): string | null {
  const { accept, brief, world } = variant
  if (accept.length === 0) return null
  const deadline = typeof brief.figures.deadline_cycles === 'number' ? brief.figures.deadline_cycles : Infinity
  const valued = brief.options
    .map((option) => ({ ...valuation(option, brief.figures), late: (option.takes_cycles ?? 0) > deadline, option: option.option, upfront: option.cost ?? 0 }))
    .filter((one) => !one.late && one.upfront <= world.agent_balance)
    .sort((a, b) => b.net - a.net)
  const [best, second] = valued
  const where = `seed ${variant.seed}, variant ${variant.index} ("${variant.condition}")`
  if (best === undefined || best.option !== accept[0])
    return `${where}: "${accept[0]}" is accepted first, but "${best?.option ?? 'nothing'}" has the best net gain (${best?.net.toFixed(1) ?? '-'})`
  if (second !== undefined && second.net === best.net && !accept.includes(second.option))
    return `${where}: "${best.option}" and "${second.option}" have the same net gain (${best.net.toFixed(1)})`
  return null
}

/** Draws an item for `seeds` seeds and says what is wrong with it; nothing when all is well. */
export async function checkScenario(scenario: Scenario, seeds: number): Promise<string[]> {
  const drawn = await Promise.all(Array.from({ length: seeds }, (_, index) => drawVariants(scenario, index + 1)))
  const seen = new Set(drawn.flat().map((variant) => variant.condition))
  const missing = scenario.conditions.filter((condition) => !seen.has(condition.name)).map((condition) => `condition "${condition.name}" is never drawn`)
  return [...missing, ...drawn.flat().flatMap((variant) => flawOf(variant) ?? [])]
}
