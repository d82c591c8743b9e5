/** Price curves that `syntropism price` traces. */
export const CURVES = ['linear', 'base-fee', 'excess', 'clearing'] as const
