import { z } from 'zod'

/** Most changes of a letter between a name and the one that was probably meant. */
const MISTAKES_MAX = 2

/** The schema of a value that may be left out, be null, or have a default. */
function bare(schema: unknown): unknown {
  for (let at = schema; ; ) {
    if (!(at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault || at instanceof z.ZodPrefault)) return at
    at = at.unwrap()
  }
}

/** Names of the members that an object has at a place; none where there is no object. */
function membersAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at = bare(schema)
  for (const key of path) {
    if (at instanceof z.ZodObject) at = bare(at.shape[String(key)])
    else if (at instanceof z.ZodArray) at = bare(at.element)
    else if (at instanceof z.ZodRecord) at = bare(at.valueType)
    else return []
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : []
}

const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined), value)

/** Letters to put in, take out or change between two names. */
function distance(one: string, other: string): number {
  let before = Array.from({ length: other.length + 1 }, (_, index) => index)
  for (let row = 1; row <= one.length; row++) {
    const now = [row]
    for (let column = 1; column <= other.length; column++) {
      const change = (before[column - 1] as number) + (one[row - 1] === other[column - 1] ? 0 : 1)
      now.push(Math.min(change, (before[column] as number) + 1, (now[column - 1] as number) + 1))
    }
    before = now
  }
  return before.at(-1) as number
}

function unknownMember(key: string, path: readonly PropertyKey[], schema: z.ZodType): string {
  const known = membersAt(schema, path)
  const meant = known.find((name) => distance(key, name) <= MISTAKES_MAX)
  const advice = meant === undefined ? `; known are ${known.join(', ')}` : `; did you mean ${meant}?`
  return `${[...path, key].join('.')} is no member${known.length === 0 ? '' : advice}`
}

/** What is wrong with a value that somebody wrote, a line for each member: where, what, and, where the example has one, what would be right. */
export function wrongMembers(error: z.ZodError, value: unknown, schema: z.ZodType, example: unknown): string {
  const lines = error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownMember(key, issue.path, schema))
    const right = valueAt(example, issue.path)
    const advice = right === undefined || issue.path.length === 0 ? '' : `; right would be ${JSON.stringify(right)}`
    const what = issue.message.replace(/^Invalid input: /, '').replace('expected int, received number', 'a whole number is expected')
    if (issue.path.length === 0) return [what]
    return [`${issue.path.join('.')}${valueAt(value, issue.path) === undefined ? ' is missing' : `: ${what}`}${advice}`]
  })
  return lines.map((line) => `\n  ${line}`).join('')
}
