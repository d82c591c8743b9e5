import { JSON_DEPTH_MAX } from '@syntropism/economy'

export const BODY_BYTES_MAX = 1_048_576
/** Deepest nesting of a body: what the economy takes, less what reports of a call lay around it. */
export const BODY_DEPTH_MAX = JSON_DEPTH_MAX - 16

const QUOTE = 34
const BACKSLASH = 92

/** Whether JSON is nested deeper than anybody needs; told from the text, before anything walks through the value. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  let isText = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isText) {
      if (code === BACKSLASH) at += 1
      else if (code === QUOTE) isText = false
    } else if (code === QUOTE) isText = true
    else if (code === 91 || code === 123) {
      depth += 1
      if (depth > BODY_DEPTH_MAX) return true
    } else if (code === 93 || code === 125) depth -= 1
  }
  return false
}

/** A body as its value. Throws SyntaxError, which is answered as the caller's fault. */
export function parseBody(text: string): unknown {
  if (isTooDeep(text)) throw new SyntaxError(`The JSON is nested deeper than ${BODY_DEPTH_MAX} levels.`)
  return JSON.parse(text)
}
