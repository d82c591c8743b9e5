import type { Browser, Request } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HANG_MS, type Stage, logIn, openBrowser, openStage, openView } from './stage.ts'

let stage: Stage
let browser: Browser
beforeAll(async () => {
  stage = await openStage()
  browser = await openBrowser()
})
afterAll(async () => {
  await browser.close()
  await stage.close()
})

describe('a login that is over', () => {
  it('says so after a new start of the economy, and goes on where one was', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'ledger/genesis')
    await stage.cut()
    stage.forgetLogins()
    await stage.mend()
    await page.getByText('Your login is over').waitFor()
    await page.getByLabel('Token').fill('observer-token')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Account of genesis' }).waitFor()
    await page.locator('.live.on').waitFor()
    await page.getByText('Your login is over').waitFor({ state: 'hidden' })
    await context.close()
  })
})

describe('a login that ends while a page is open', () => {
  it.each([
    // What the page asks for on its own may be refused before the stream's last word arrives: then it knows no more than that.
    ['with a logout in another tab', /You were logged out, in another tab|Your login is over/],
    ['by its time', /Your login is over/],
  ])('closes the stream, and the page says so and asks for a token: %s', async (how, said) => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'observer-token')
    await openView(page, stage, 'market')
    const closed = new Promise<void>((done) => {
      const end = (request: Request): void => {
        if (request.url().includes('/events/stream')) done()
      }
      page.on('requestfinished', end).on('requestfailed', end)
    })
    if (how === 'by its time') {
      stage.passTime(12 * 3_600_000)
      for (const on_duty of [false, true]) await stage.host.submit({ human_id: 'ada', on_duty, owner: 'host', type: 'set_duty' })
    } else {
      const other = await context.newPage()
      await other.goto(stage.url)
      await other.getByRole('button', { name: 'Log out' }).click()
      await other.getByText('You are logged out.').waitFor()
    }
    await closed
    await page.getByText(said).waitFor()
    await page.locator('#token:focus').waitFor()
    await page.keyboard.type('observer-token')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Market' }).waitFor()
    await page.locator('.live.on').waitFor()
    await context.close()
  })
})

describe('the session', () => {
  it('keeps its cookie from scripts and other sites, and nothing inline or foreign runs', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'operator-token')
    expect(await context.cookies()).toMatchObject([{ httpOnly: true, name: 'syntropism_stage', sameSite: 'Strict' }])
    expect(await page.evaluate('document.cookie')).toBe('')
    const policy = (await page.goto(stage.url))?.headers()['content-security-policy'] ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    await page.locator('.live.on').waitFor()
    const ran = await page.evaluate(`(() => {
      try { const s = document.createElement('script'); s.textContent = 'window.ran = true'; document.body.append(s) } catch {}
      try { document.body.innerHTML += '<img src=x onerror="window.ran = true">' } catch {}
      return window.ran === true
    })()`)
    expect(ran).toBe(false)
    await context.close()
  })

  it('shares its origin with a reference that runs no inline script either', async () => {
    const context = await browser.newContext()
    context.setDefaultTimeout(HANG_MS)
    const page = await context.newPage()
    const answer = await page.goto(`${stage.url}/docs`)
    expect(answer?.headers()['content-security-policy']).toContain("script-src 'self'")
    await page.getByText('/market/what-if').waitFor()
    await context.close()
  })

  it('changes nothing without the secret that the console alone knows', async () => {
    const context = await browser.newContext()
    const { page } = await logIn(context, stage, 'operator-token')
    const status = await page.evaluate(
      `fetch('/operator/drain', { body: '{"reason":"forged"}', headers: { 'content-type': 'application/json' }, method: 'POST' }).then((answer) => answer.status)`,
    )
    expect(status).toBe(403)
    expect(stage.host.state.paused.everyone).toBe(false)
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByText('You are logged out.').waitFor()
    expect(await page.evaluate(`fetch('/economy').then((answer) => answer.status)`)).toBe(401)
    await context.close()
  })
})
