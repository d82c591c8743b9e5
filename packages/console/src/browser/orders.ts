import { type TemplateResult, html } from 'lit-html'
import { send } from './api.ts'
import { attempt } from './store.ts'

type Order = 'fund' | 'kill' | 'message' | 'pause' | 'resume'

/** The operator's orders to one agent; each asks for its reason. */
export function orders(agentId: string, isPaused: boolean, after: () => void): TemplateResult {
  const give = (event: SubmitEvent): void => {
    event.preventDefault()
    const form = event.target as HTMLFormElement
    const data = new FormData(form, event.submitter)
    const order = String(data.get('order')) as Order
    const value = (name: string): string => String(data.get(name) ?? '').trim()
    if (order === 'kill' && !confirm(`End ${agentId} for good? Its estate burns.`)) return
    const body = { reason: value('reason'), ...(order === 'fund' ? { amount: value('amount') } : order === 'message' ? { content: value('content') } : {}) }
    attempt(async () => {
      await send(`/operator/agents/${encodeURIComponent(agentId)}/${order}`, body)
      form.reset()
      after()
      return `${order}: done for ${agentId}.`
    })
  }
  return html`
    <form class="orders" @submit=${give}>
      <fieldset>
        <legend>Orders</legend>
        <label>Why <input name="reason" required maxlength="256" /></label>
        <div class="inline"><label>Credits <input name="amount" inputmode="decimal" size="8" /></label><button name="order" value="fund">Fund</button></div>
        <div class="inline"><label>Message <input name="content" maxlength="4000" /></label><button name="order" value="message">Message</button></div>
        <div class="buttons">
          <button name="order" value=${isPaused ? 'resume' : 'pause'}>${isPaused ? 'Resume' : 'Pause'}</button>
          <button name="order" value="kill" class="danger">Kill</button>
        </div>
      </fieldset>
    </form>
  `
}
