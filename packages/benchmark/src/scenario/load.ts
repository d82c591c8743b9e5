import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { reasonOf } from '@syntropism/runtime'
import { z } from 'zod'
import { ScenarioError } from './draw.ts'
import { Scenario } from './schema.ts'

const ORDER = ['functional_competence', 'economic_reasoning', 'self_improvement', 'holdout']
const numberIn = (id: string): number => Number(id.split('-')[1])

/** Reads one item. Throws ScenarioError that says file, field and what would be right. */
export function loadScenario(path: string): Scenario {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ScenarioError(`${path} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
  const result = Scenario.safeParse(value)
  if (!result.success) throw new ScenarioError(`${path} is no scenario:\n${z.prettifyError(result.error)}`)
  const names = new Set(result.data.brief.options.map((option) => option.option))
  for (const { accept = [], name } of result.data.conditions)
    for (const option of accept) if (!names.has(option)) throw new ScenarioError(`${path}: condition "${name}" accepts "${option}", which is no option`)
  return result.data
}

/** All items of a folder, in the order of their ids. Throws ScenarioError. */
export function loadScenarios(folder: string): Scenario[] {
  let names: string[]
  try {
    names = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'))
  } catch (error) {
    throw new ScenarioError(`${folder} is no folder of scenarios: ${reasonOf(error)}`, { cause: error })
  }
  const scenarios = names.map((name) => loadScenario(join(folder, name)))
  if (scenarios.length === 0) throw new ScenarioError(`${folder} holds no scenario (*.json)`)
  const ids = scenarios.map((scenario) => scenario.id)
  const twice = ids.find((id, index) => ids.indexOf(id) !== index)
  if (twice !== undefined) throw new ScenarioError(`${folder} has ${twice} twice`)
  return scenarios.sort((a, b) => ORDER.indexOf(a.domain) - ORDER.indexOf(b.domain) || numberIn(a.id) - numberIn(b.id))
}
