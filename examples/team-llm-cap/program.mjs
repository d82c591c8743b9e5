// A program of the team: calls the model N times, as fast as it may, and says how it went. It knows nothing but an address and a key.
//   OPENAI_BASE_URL=… OPENAI_API_KEY=… node program.mjs reviewer 5
const [name, calls] = [process.argv[2], Number(process.argv[3])]
const outcomes = {}
for (let call = 0; call < calls; call++) {
  const answer = await fetch(`${process.env.OPENAI_BASE_URL}/chat/completions`, {
    body: JSON.stringify({ messages: [{ content: `Call ${call}`, role: 'user' }], model: 'small' }),
    headers: { authorization: `Bearer ${process.env.OPENAI_API_KEY}`, 'content-type': 'application/json' },
    method: 'POST',
  })
  await answer.text()
  outcomes[answer.status] = (outcomes[answer.status] ?? 0) + 1
}
console.log(
  `${name}: ${Object.entries(outcomes)
    .map(([status, times]) => `${times} × ${status}`)
    .join(', ')}`,
)
