const CONTEXT = 3

/** The change from one text to another as one hunk of a unified diff, without the lines that name files; empty when nothing changed. */
export function hunkOf(before: string, after: string): string {
  if (before === after) return ''
  const [old, now] = [before, after].map((text) => text.replace(/\n$/, '').split('\n')) as [string[], string[]]
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1
  let tail = 0
  while (tail < old.length - head && tail < now.length - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1
  const from = Math.max(0, head - CONTEXT)
  const kept = Math.min(CONTEXT, tail)
  const lines = [
    ...old.slice(from, head).map((line) => ` ${line}`),
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...now.slice(head, now.length - tail).map((line) => `+${line}`),
    ...old.slice(old.length - tail, old.length - tail + kept).map((line) => ` ${line}`),
  ]
  const count = (length: number): number => length - tail + kept - from
  return `@@ -${from + 1},${count(old.length)} +${from + 1},${count(now.length)} @@\n${lines.join('\n')}\n`
}
