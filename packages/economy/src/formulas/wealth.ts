import { FormulaError } from './prices.ts'

const EULER = 0.5772156649015329

/** Stationary law of random unit exchange with mean `m` (Drăgulescu, Yakovenko 2000): geometric with s = m ÷ (1 + m). Entropy in nats. */
export function geometricWealth(input: { mean: number }): { broke_share: number; entropy: number; gini: number; ratio: number } {
  const { mean } = input
  if (!(mean > 0)) throw new FormulaError(`mean must be above 0, got ${mean}`)
  return {
    broke_share: 1 / (1 + mean),
    entropy: (1 + mean) * Math.log(1 + mean) - mean * Math.log(mean),
    gini: (1 + mean) / (1 + 2 * mean),
    ratio: mean / (1 + mean),
  }
}

/** Exponential wealth of `agents` agents (pool and split uniformly): expected sample Gini (N−1) ÷ 2N, Gini of two pooled earners, Theil, mean log deviation, Hoover. */
export function exponentialWealth(input: { agents: number }): {
  gini_of_pairs: number
  gini_of_sample: number
  hoover: number
  mean_log_deviation: number
  theil: number
} {
  const { agents } = input
  if (!Number.isInteger(agents) || agents < 1) throw new FormulaError(`agents must be a whole number from 1, got ${agents}`)
  return { gini_of_pairs: 3 / 8, gini_of_sample: (agents - 1) / (2 * agents), hoover: 1 / Math.E, mean_log_deviation: EULER, theil: 1 - EULER }
}

/** ln Γ(x) for x > 0 (Lanczos, g = 7, nine terms). */
function logGamma(x: number): number {
  const terms = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905, -0.13857109526572012,
    9.9843695780195716e-6, 1.5056327351493116e-7,
  ]
  const at = x - 1
  let sum = terms[0] as number
  for (let i = 1; i < terms.length; i++) sum += (terms[i] as number) / (at + i)
  const t = at + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (at + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** Saving propensity λ (Chakraborti, Chakrabarti 2000): about a Gamma law of shape (1+2λ) ÷ (1−λ); variance at mean 1, and Gini. */
export function savingWealth(input: { saving: number }): { gini: number; shape: number; variance: number } {
  const { saving } = input
  if (!(saving >= 0 && saving < 1)) throw new FormulaError(`saving must be from 0 to below 1, got ${saving}`)
  const shape = (1 + 2 * saving) / (1 - saving)
  return { gini: Math.exp(logGamma(shape + 0.5) - logGamma(shape + 1)) / Math.sqrt(Math.PI), shape, variance: 1 / shape }
}

/** Temperature of exchange with debt to a depth of `debt` (Drăgulescu, Yakovenko 2000): P(m) ∝ e^(−(m+d)÷T), T = mean + d. */
export function debtTemperature(input: { debt: number; mean: number }): number {
  if (!(input.debt >= 0)) throw new FormulaError(`debt must not be negative, got ${input.debt}`)
  return input.mean + input.debt
}

/** Part of the agents that hold this many units after long random unit exchange: (1 − s)·s^k with s = mean ÷ (1 + mean). */
export function geometricShare(input: { coins: number; mean: number }): number {
  const { coins, mean } = input
  if (!(mean > 0) || !Number.isInteger(coins) || coins < 0) throw new FormulaError('mean must be above 0 and coins a whole number from 0')
  return (1 / (1 + mean)) * (mean / (1 + mean)) ** coins
}

/** Exchanges after which unit exchange has forgotten how it began: 20·N·mean² (house). */
export function exchangeBurnIn(input: { agents: number; mean: number }): number {
  const { agents, mean } = input
  if (!Number.isInteger(agents) || agents < 1 || !(mean > 0)) throw new FormulaError('agents must be a whole number from 1 and mean above 0')
  return Math.ceil(20 * agents * mean * mean)
}

/** Mean absolute difference Σ|xᵢ−xⱼ| ÷ n², which speaks also where negative wealth lets the Gini coefficient pass 1. */
export function meanAbsoluteDifference(input: { values: readonly number[] }): number {
  const ascending = [...input.values].sort((a, b) => a - b)
  const count = ascending.length
  return count === 0 ? 0 : (2 * ascending.reduce((sum, value, k) => sum + (2 * k + 1 - count) * value, 0)) / (count * count)
}
