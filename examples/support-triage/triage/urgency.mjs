// How much a ticket is worth a person's minute: a rule that anyone can read, and change.
const SIGNS = [
  [/error 500|cannot work|down\b|outage/i, 6, 'work stands still'],
  [/password|someone else|breach|leak/i, 5, 'an account is at risk'],
  [/invoice|refund|charged/i, 2, 'it is about money'],
]
const PLANS = { business: 2, free: 0, team: 1 }

export function urgency({ plan, text }) {
  const signs = SIGNS.filter(([sign]) => sign.test(text))
  return { points: signs.reduce((sum, [, points]) => sum + points, 0) + PLANS[plan], reasons: signs.map(([, , reason]) => reason) }
}
