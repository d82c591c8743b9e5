/** What the provider answers: see its service's specification. */
export interface Statistics {
  readonly autocorrelation: number
  readonly count: number
  readonly deviation: number
  readonly maximum: number
  readonly mean: number
  readonly median: number
  readonly minimum: number
  readonly slope: number
}

/** The report on a bought study: only its figures, and what follows from them. */
export function writeReport(statistics: Statistics, costCredits: number): { report: string; title: string } {
  const spread = statistics.mean === 0 ? 0 : statistics.deviation / statistics.mean
  const direction =
    Math.abs(statistics.slope) < statistics.deviation / Math.max(1, statistics.count)
      ? 'no trend beyond its noise'
      : statistics.slope > 0
        ? `a rise of ${statistics.slope} per change`
        : `a fall of ${-statistics.slope} per change`
  const memory =
    statistics.autocorrelation > 0.5
      ? 'one change says much about the next'
      : statistics.autocorrelation < -0.2
        ? 'rises and falls alternate'
        : 'one change says little about the next'
  return {
    report: [
      `Over ${statistics.count} prices the CPU cost between ${statistics.minimum} and ${statistics.maximum} credits/s, mean ${statistics.mean}, median ${statistics.median}, deviation ${statistics.deviation} (${(spread * 100).toFixed(1)} % of the mean).`,
      `The series shows ${direction}; lag-one autocorrelation ${statistics.autocorrelation}: ${memory}.`,
      `The figures were computed by another agent for ${costCredits} credits.`,
    ].join('\n'),
    title: `CPU ${statistics.minimum}–${statistics.maximum}, ${direction}`,
  }
}
