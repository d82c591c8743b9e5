/** Markdown of the reference, with what would end a table's cell or open a tag taken out of the way. */
export const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('{{', '&#123;&#123;').replaceAll('\n', ' ')
export const code = (text: string): string => `\`${text.replaceAll('|', '\\|').replaceAll('\n', ' ')}\``

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  return [`| ${head.join(' | ')} |`, `|${' --- |'.repeat(head.length)}`, ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n')
}

/** Blocks under each other; empty ones are left out. */
export const page = (...blocks: readonly string[]): string => `${blocks.filter((block) => block !== '').join('\n\n')}\n`
