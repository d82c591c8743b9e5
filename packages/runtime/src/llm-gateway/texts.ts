/** Signs of the basic plane, and those above it that may be longer in their compatibility form. */
const BASIC = 0x1_0000
const LATER = { begin: 0x1_d000, end: 0x1_f300 } as const

const bytesOfSign = (code: number): number => (code < 0x80 ? 1 : code < 0x800 ? 2 : code < BASIC ? 3 : 4)

/** How many bytes more a sign has in its compatibility form (NFKC): most have none, U+FDFA has thirty. */
function growthOf(code: number): number {
  if (code >= 0xd800 && code < 0xe000) return 0
  return Math.max(0, Buffer.byteLength(String.fromCodePoint(code).normalize('NFKC')) - bytesOfSign(code))
}

let growth: Uint8Array | null = null

/** Worked out when first needed: most texts are ASCII. */
function growthTable(): Uint8Array {
  growth ??= Uint8Array.from({ length: LATER.end }, (_, code) => (code >= BASIC && code < LATER.begin ? 0 : growthOf(code)))
  return growth
}

/**
 * Most bytes of a text as a tokenizer may see it: many bring it into the compatibility form first. Counted sign by sign: to bring a whole text into that
 * form takes a time that grows with the square of the marks on one letter.
 */
export function bytesOfText(text: string): number {
  const bytes = Buffer.byteLength(text)
  if (bytes === text.length) return bytes
  const table = growthTable()
  let more = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit < 0x80) continue
    if (unit < 0xd800 || unit > 0xdbff) more += table[unit] as number
    else more += table[text.codePointAt(at) as number] ?? 0
  }
  return bytes + more
}
