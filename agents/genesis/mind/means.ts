/** What a model's own orders may still spend in this window, and how often it may order at all. */
export interface Means {
  /** Books an amount; says why not when it is over the means, and then books nothing. */
  spend(amountMicro: number): string | null
  readonly left_micro: number
}

/** Means of one window: a share of the balance, and never what the next window needs. */
export function openMeans(balanceMicro: number, reservedMicro: number, spendPpm: number): Means {
  let left = Math.max(0, Math.min(Math.floor((balanceMicro * spendPpm) / 1_000_000), balanceMicro - reservedMicro))
  return {
    get left_micro() {
      return left
    },
    spend(amountMicro) {
      if (!Number.isSafeInteger(amountMicro) || amountMicro < 0) return 'the amount must be a whole number of micro-credits, 0 or more'
      if (amountMicro > left) return `that is over your means: ${left} micro-credits are left for this window`
      left -= amountMicro
      return null
    },
  }
}
