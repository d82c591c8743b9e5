/** A worked example of a formula: an input, and the answer to it. */
export interface FormulaExample {
  readonly input: unknown
  readonly output: unknown
}

/** A worked example of every formula, most of them from its source. */
export const FORMULA_EXAMPLES: Readonly<Record<string, FormulaExample>> = {
  'allocative-efficiency': { input: { earned: 97, possible: 100 }, output: 0.97 },
  'anticipated-shares': {
    input: { capacity: 1, slopes: [1, 0.5] },
    output: { price: 0.3333333333333333, shares: [0.6666666666666667, 0.33333333333333337], welfare: 0.8333333333333335 },
  },
  'base-fee': { input: { base: 2000000000, limit: 30000000, used: 22500000 }, output: 2125000000 },
  'best-response': { input: { budget: 4, others: [1, 4], weights: [1, 1] }, output: [2, 2] },
  'bundle-density': {
    input: { exponent: 1, price: 60, quantities: [6, 2], supply: [10, 10] },
    output: { density: 75, size: { denominator: 100, numerator: 80 } },
  },
  'call-market': { input: { costs: [8, 15, 20, 26], values: [30, 24, 18, 10] }, output: { high: 20, low: 18, quantity: 2, surplus: 31 } },
  clear: {
    input: {
      book: {
        bids: [
          { bundle: { cpu: 6, mem: 2 }, id: 'x', price: 60 },
          { bundle: { cpu: 5, mem: 5 }, id: 'y', price: 50 },
          { bundle: { cpu: 4, mem: 6 }, id: 'z', price: 45 },
          { bundle: { cpu: 1, mem: 1 }, id: 'w', price: 25 },
        ],
        supply: { cpu: 10, mem: 10 },
      },
      mechanism: 'density-sqrt',
      payments: 'critical',
    },
    output: {
      bound: 120,
      fairness: { gini: 0.6029411764705882, jain: 0.4275147928994083 },
      gap: 0.2916666666666667,
      mechanism: 'density-sqrt',
      payment_rule: 'critical',
      payments: { x: 45, w: 21 },
      prices: { cpu: 10, mem: 0 },
      revenue: 66,
      welfare: 85,
      winners: ['x', 'w'],
    },
  },
  'cliff-expected-price': { input: { costs: [40], price_max: 200, values: [100] }, output: 70.00000000000006 },
  'cobb-douglas': {
    input: {
      budgets: [60, 40],
      supply: [10, 20],
      weights: [
        [0.5, 0.5],
        [0.25, 0.75],
      ],
    },
    output: {
      allocation: [
        [7.5, 10],
        [2.5, 10],
      ],
      prices: [4, 3],
    },
  },
  'core-payments': {
    input: {
      bids: [
        { bundle: { A: 1 }, id: 'b1', price: 10 },
        { bundle: { B: 1 }, id: 'b2', price: 12 },
        { bundle: { A: 1, B: 1 }, id: 'b3', price: 16 },
      ],
      supply: { A: 1, B: 1 },
    },
    output: { core: { b1: 7, b2: 9 }, vcg: { b1: 4, b2: 6 }, welfare: 22, winners: ['b1', 'b2'] },
  },
  'debt-temperature': { input: { debt: 5, mean: 10 }, output: 15 },
  'dominant-shares': {
    input: {
      capacity: [9, 18],
      demands: [
        [1, 4],
        [3, 1],
      ],
    },
    output: { dominant_shares: [0.6666666666666666, 0.6666666666666666], tasks: [3, 2] },
  },
  'dominant-shares-divisible': {
    input: {
      capacity: [9, 18],
      demands: [
        [1, 4],
        [3, 1],
      ],
    },
    output: { dominant_shares: [0.6666666666666666, 0.6666666666666666], tasks: [3, 2] },
  },
  excess: { input: { excess: 10, target: 5, used: 8 }, output: 13 },
  'exchange-burn-in': { input: { agents: 100, mean: 3 }, output: 18000 },
  'exponential-wealth': {
    input: { agents: 100 },
    output: { gini_of_pairs: 0.375, gini_of_sample: 0.495, hoover: 0.36787944117144233, mean_log_deviation: 0.5772156649015329, theil: 0.42278433509846713 },
  },
  'fake-exponential': { input: { denominator: 2, factor: 1000, numerator: 3 }, output: 4480 },
  'geometric-share': { input: { coins: 2, mean: 3 }, output: 0.140625 },
  'geometric-wealth': { input: { mean: 3 }, output: { broke_share: 0.25, entropy: 2.2493405784752336, gini: 0.5714285714285714, ratio: 0.75 } },
  gini: { input: { values: [1, 3] }, output: 0.25 },
  'gini-pairs': { input: { values: [1, 3] }, output: 0.25 },
  'gini-sample': { input: { values: [1, 3] }, output: 0.5 },
  jain: { input: { values: [1, 3] }, output: 0.8 },
  'linear-fisher': {
    input: {
      budgets: [1, 1],
      supply: [1, 1],
      utilities: [
        [1, 0],
        [0, 1],
      ],
    },
    output: {
      allocation: [
        [1, 0],
        [0, 1],
      ],
      prices: [1, 1],
    },
  },
  'linear-threshold': { input: { price_micro_per_s: 2000000, sold_ppm: 850000 }, output: 2200000 },
  'mean-absolute-difference': { input: { values: [-1, 3] }, output: 2 },
  'multi-unit': {
    input: {
      bids: [
        [10, 6],
        [8, 1],
      ],
      units: 2,
    },
    output: { uniform_price: 6, units: [1, 1], vickrey: [1, 6] },
  },
  'proportional-shares': { input: { capacity: 10, weights: [1, 1, 1] }, output: { price: { denominator: 10, numerator: 3 }, shares: [4, 3, 3] } },
  'saving-wealth': { input: { saving: 0.4 }, output: { gini: 0.3125000000000005, shape: 3, variance: 0.3333333333333333 } },
  'scarf-excess-demand': { input: { prices: [1, 1, 2] }, output: [0.16666666666666663, -0.16666666666666663, 0] },
  'split-fee': { input: { base: 10, max_fee: 15, max_tip: 3, units: 4 }, output: { admitted: true, burned: 40, refunded: 8, tip: 12 } },
  'split-volume-weighted-prices': { input: { prices: [1, 3], sales: [{ credits: 40, duration: 2, units: [4, 2] }] }, output: [2, 6] },
  tatonnement: { input: { budget: 40, gain: 0.5, price: 8, steps: 3, supply: 10 }, output: [8, 6, 5, 4.5] },
  'tatonnement-after': { input: { budget: 40, gain: 0.5, price: 8, steps: 3, supply: 10 }, output: { converges: true, overshoots: false, price: 4.5 } },
  'volume-weighted-price': {
    input: {
      sales: [
        { credits: 10, duration: 1, units: 2 },
        { credits: 20, duration: 4, units: 1 },
      ],
    },
    output: 5,
  },
  'zero-intelligence-quote': { input: { constrained: true, draw: 0.5, limit: 50, price_max: 200, side: 'buyer' }, output: 26 },
  'zip-move': { input: { shout: { accepted: true, kind: 'offer', price: 50 }, trader: { active: true, price: 40, side: 'seller' } }, output: 'raise' },
  'zip-step': {
    input: { absolute: -0.02, learning_rate: 0.3, limit: 100, margin: 0.1, momentum: 0.5, momentum_state: 0, relative: 0.98, shout: 105 },
    output: { delta: -2.1360000000000054, margin: 0.08932000000000007, momentum_state: -1.0680000000000027, target: 102.88 },
  },
}
