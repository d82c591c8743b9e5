/**
 * Krippendorff's alpha for interval data: 1 is full agreement, 0 what chance would give, below 0 systematic disagreement.
 * A unit is what was judged, with the values that it got; units with fewer than two say nothing. Null when nothing can be said:
 * fewer than two comparable values, or no variation at all (Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011).
 */
export function krippendorffAlpha(units: readonly (readonly number[])[]): number | null {
  const paired = units.filter((unit) => unit.length >= 2)
  const all = paired.flat()
  if (all.length < 2) return null
  const spread = (values: readonly number[]): number => values.reduce((sum, a) => sum + values.reduce((part, b) => part + (a - b) ** 2, 0), 0)
  const observed = paired.reduce((sum, unit) => sum + spread(unit) / (unit.length - 1), 0) / all.length
  const expected = spread(all) / (all.length * (all.length - 1))
  return expected === 0 ? null : 1 - observed / expected
}
