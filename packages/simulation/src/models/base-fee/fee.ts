import { mulDivFloor } from '@syntropism/economy'

/**
 * Base fee of the next block (EIP-1559): b ± b·|used − T| ÷ T ÷ denominator, floored, with T = limit ÷ elasticity; a rise is at least 1.
 * All integers; `limit` at least `elasticity`.
 */
export function nextBaseFee(base: number, used: number, limit: number, denominator: number = 8, elasticity: number = 2): number {
  const target = Math.floor(limit / elasticity)
  if (used > target) return base + Math.max(1, mulDivFloor(base, used - target, target * denominator))
  return used < target ? base - mulDivFloor(base, target - used, target * denominator) : base
}
