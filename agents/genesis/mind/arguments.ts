/** The members of what should be a JSON object; null when it is none. */
export function argumentsOf(given: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(given === '' ? '{}' : given)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? (parsed as Record<string, unknown>) : null
  } catch {
    return null
  }
}
