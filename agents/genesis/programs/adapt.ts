import type { Candidate } from './rewrite.ts'

const FUNCTION = /export function (?<name>\w+)\((?<input>\w+)\)[^{]*\{[\s\S]*\n\}/u
/** Least raise over a price. */
const RAISE = 0.01
const MARK = 'shown:'

/** A version that breaks off with what it was shown: tests then say what a program gets to see. Null when the program is no function of one value. */
export function probeOf(text: string): string | null {
  const found = FUNCTION.exec(text)
  const { input, name } = found?.groups ?? {}
  if (found === null || input === undefined || name === undefined) return null
  return text.replace(found[0], () => `export function ${name}(${input}) {\n  throw new Error('${MARK}' + JSON.stringify(${input}))\n}`)
}

/** The numbers that a probe was shown, by name. */
export function shownBy(detail: string): readonly string[] {
  const at = detail.indexOf(MARK)
  if (at < 0) return []
  try {
    const seen = JSON.parse(detail.slice(at + MARK.length)) as unknown
    if (typeof seen !== 'object' || seen === null) return []
    return Object.entries(seen).flatMap(([name, value]) => (typeof value === 'number' ? [name] : []))
  } catch {
    return []
  }
}

/** Programs that spend just above one figure where another is worth more, within what the given program keeps to: one for each pair of figures. */
export function adaptiveVersions(text: string, fields: readonly string[]): Candidate[] {
  const found = FUNCTION.exec(text)
  const { input, name } = found?.groups ?? {}
  if (found === null || input === undefined || name === undefined) return []
  const bounds = fields.filter((field) => found[0].includes(`${input}.${field}`))
  const free = fields.filter((field) => !bounds.includes(field))
  return free.flatMap((price) =>
    free
      .filter((worth) => worth !== price)
      .map((worth) => {
        const within = bounds.map((bound) => ` && offer <= ${input}.${bound}`).join('')
        const body = `  const offer = ${input}.${price} + ${RAISE}\n  return ${input}.${worth} > offer${within} ? offer : 0\n`
        return {
          text: text.replace(found[0], () => `export function ${name}(${input}) {\n${body}}`),
          why: `a fixed amount is spent whatever the ${price} and the ${worth}; this version spends just above ${price}, and only where ${worth} is more than that`,
        }
      }),
  )
}
