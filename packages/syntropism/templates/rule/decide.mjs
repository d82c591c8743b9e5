// What the agent wants, as a pure function: it can be tested without an economy.

/** A price is worth a person's minute when it has moved this far from its floor. */
const NOTABLE = 1.2
/** Never bid more than this part of what is left. */
const SHARE_OF_BALANCE = 0.05

/**
 * @param {{ balance_micro: number, asked: boolean, attention_bid_micro: number, resources: { resource: string, price_micro_per_s: number, floor_micro_per_s: number }[] }} view
 * @returns {{ do: 'ask', amount_micro: number, content: { title: string, report: string } } | { do: 'wait', why: string }}
 */
export function decide(view) {
  if (view.asked) return { do: 'wait', why: 'my last question is still open' }
  const ratio = (one) => one.price_micro_per_s / one.floor_micro_per_s
  const dearest = view.resources.filter((one) => one.floor_micro_per_s > 0).toSorted((one, other) => ratio(other) - ratio(one))[0]
  if (dearest === undefined || ratio(dearest) < NOTABLE) return { do: 'wait', why: 'no price has moved' }
  if (view.attention_bid_micro > view.balance_micro * SHARE_OF_BALANCE) return { do: 'wait', why: 'a minute of attention is too dear for me' }
  const title = `${dearest.resource} costs ${ratio(dearest).toFixed(2)} times its floor`
  return { amount_micro: view.attention_bid_micro, content: { report: `${title}. I hold ${view.balance_micro / 1e6} credits.`, title }, do: 'ask' }
}
