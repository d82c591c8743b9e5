/** A version of a program that may be better, and why. */
export interface Candidate {
  readonly text: string
  readonly why: string
}

const LITERAL = /(?<=:\s*)(\d+|true|false)/gu

/** Other versions of a text, each with one literal changed. */
export function literalChanges(text: string): Candidate[] {
  return [...text.matchAll(LITERAL)].flatMap(({ 0: literal, index }) => {
    const others = literal === 'true' ? ['false'] : literal === 'false' ? ['true'] : [2, 4, 8].map((factor) => String(Number(literal) * factor))
    const name = /(\w+)\s*:\s*$/u.exec(text.slice(0, index))?.[1] ?? 'a literal'
    return others.map((other) => ({
      text: text.slice(0, index) + other + text.slice(index + literal.length),
      why: `${name} is ${other} instead of ${literal}`,
    }))
  })
}

/** `for (let j = 0; j < LIST.length; j++) { if (LIST[j].KEY === WANTED && FOUND === null) FOUND = LIST[j] }`, with the braces of loop and condition or without. */
const SCANS = [
  [String.raw`\{\s*`, String.raw`\s*\}`],
  ['', ''],
].flatMap(([loop, loopEnd]) =>
  [
    [String.raw`\{\s*`, String.raw`\s*\}`],
    ['', ''],
  ].map(
    ([then, thenEnd]) =>
      new RegExp(
        String.raw`for \(let (?<at>\w+) = 0; \k<at> < (?<list>\w+)\.length; (?:\k<at>\+\+|\k<at> \+= 1)\)\s*${loop}if \((?<condition>[^\n]+)\)\s*${then}(?<found>\w+) = \k<list>\[\k<at>\];?${thenEnd}${loopEnd}`,
        'u',
      ),
  ),
)
/** `LIST.find((one) => one.KEY === WANTED)`. */
const FIND = /(?<list>\w+)\.find\(\(?(?<one>\w+)\)? => \k<one>\.(?<key>\w+) === (?<wanted>[\w.[\]]+)\)/u

const quoted = (text: string): string => text.replace(/[$()*+.?[\\\]^{|}]/gu, '\\$&')

/** Puts lines at the beginning of the function that takes the list; null when no function does, or when it changes the list. */
function withIndex(text: string, list: string, key: string, index: string, first: boolean): string | null {
  if (new RegExp(`\\b${list}(?:\\[[^\\]]*\\])?\\s*=[^=]|\\b${list}\\.(?:push|pop|shift|unshift|splice|sort|reverse)\\(`, 'u').test(text)) return null
  const opening = new RegExp(`function \\w*\\([^)]*\\b${list}\\b[^)]*\\)[^{]*\\{\\n`, 'u').exec(text)
  if (opening === null) return null
  const end = opening.index + opening[0].length
  const put = first ? `if (!${index}.has(one.${key})) ${index}.set(one.${key}, one)` : `${index}.set(one.${key}, one)`
  return `${text.slice(0, end)}  const ${index} = new Map()\n  for (const one of ${list}) ${put}\n${text.slice(end)}`
}

/** A loop that looks one key up in a list, again and again, becomes a map that is filled once. */
export function indexedLookups(text: string): Candidate[] {
  const found = SCANS.map((scan) => scan.exec(text)).find((one) => one !== null) ?? null
  const scan = found?.groups
  const candidate = (list: string, key: string, first: boolean, replaced: string, by: (index: string) => string): Candidate[] => {
    const index = `${list}By${key[0]?.toUpperCase() ?? ''}${key.slice(1)}`
    const indexed = withIndex(
      text.replace(replaced, () => by(index)),
      list,
      key,
      index,
      first,
    )
    const why = `every lookup by ${key} reads ${list} from its beginning, so the work grows with the product of both lists; a map filled once makes it grow with their sum`
    return indexed === null ? [] : [{ text: indexed, why }]
  }
  if (found !== null && scan !== undefined) {
    const { at = '', condition = '', found: name = '', list = '' } = scan
    const parts = condition.split('&&').map((part) => part.trim())
    const first = parts.includes(`${name} === null`)
    const [match, ...others] = parts.filter((part) => part !== `${name} === null`)
    const own = new RegExp(`^${quoted(`${list}[${at}]`)}\\.(\\w+) === (.+)$`, 'u').exec(match ?? '')
    const [, key, wanted] = own ?? []
    if (key !== undefined && wanted !== undefined && others.length === 0 && !new RegExp(`\\b${at}\\b`, 'u').test(wanted))
      return candidate(list, key, first, found[0], (index) => `${name} = ${index}.get(${wanted}) ?? null`)
  }
  const lookup = FIND.exec(text)
  const { key = '', list = '', wanted = '' } = lookup?.groups ?? {}
  return lookup === null ? [] : candidate(list, key, true, lookup[0], (index) => `${index}.get(${wanted})`)
}
