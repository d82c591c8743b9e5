/** How the clients call an operation, in camelCase as in TypeScript; Python has the same in snake_case. `list`: the member of the answer that is given back alone. */
export interface Method {
  readonly list?: string
  readonly name: string
}

/** Names of the clients' methods by the operation's id. What is missing here is missing in the clients, and a test says so. */
export const METHODS: Readonly<Record<string, Method>> = {
  'attention.prompts.get': { list: 'prompts', name: 'prompts' },
  'attention.prompts.get.one': { name: 'findPrompt' },
  'economic.balance.at.get': { name: 'balanceAt' },
  'economic.get_balance': { name: 'balance' },
  'economic.history': { list: 'transfers', name: 'history' },
  'economic.transfer': { name: 'transfer' },
  'economic.transfer_linked': { name: 'transferLinked' },
  'economy.get': { name: 'supply' },
  'execution.nats.post': { name: 'busCredentials' },
  'execution.receipts': { list: 'receipts', name: 'receipts' },
  'execution.report.post': { name: 'report' },
  'execution.self': { name: 'self' },
  'execution.spawn': { name: 'spawn' },
  'human.prompt': { name: 'prompt' },
  'human.withdraw_prompt': { name: 'withdrawPrompt' },
  'llm.complete': { name: 'complete' },
  'market.bid': { name: 'bid' },
  'market.depth.get': { name: 'depth' },
  'market.get_book': { list: 'bids', name: 'book' },
  'market.get_clearings': { list: 'clearings', name: 'clearings' },
  'market.get_lowest_winning': { name: 'lowestWinning' },
  'market.get_price_history': { list: 'prices', name: 'prices' },
  'market.get_prices': { list: 'resources', name: 'market' },
  'market.list_bids': { list: 'bids', name: 'bids' },
  'market.raise_bid': { name: 'raiseBid' },
  'market.set_standing_bid': { name: 'setStandingBid' },
  'market.withdraw_bid': { name: 'withdrawBid' },
  'service.invoke': { name: 'invoke' },
  'service.list': { list: 'services', name: 'services' },
  'service.register': { name: 'registerService' },
  'service.remove': { name: 'removeService' },
  'service.respond': { name: 'respond' },
  'social.directory': { list: 'agents', name: 'directory' },
  'social.inbox': { list: 'messages', name: 'inbox' },
  'social.message': { name: 'message' },
  'social.take_messages': { name: 'takeMessages' },
  'tool.call': { name: 'callTool' },
  'tool.get_call': { name: 'findToolCall' },
  'tool.list': { list: 'tools', name: 'tools' },
  'workspaces.history.get': { list: 'commits', name: 'workspaceHistory' },
}

export const snake = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
export const capital = (name: string): string => `${name[0]?.toUpperCase() ?? ''}${name.slice(1)}`
