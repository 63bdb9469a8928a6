import type { Deal, Person } from '../testkit/seed.js'
import { DELETE, EDIT, SEND } from '../testkit/writing.js'

const MESSAGES_EACH = 5

/** How many messages a wave of these senders has. */
export function messagesOf(senders: readonly Person[]): number {
  return senders.length * MESSAGES_EACH
}

/**
 * Over HTTP and all at once, each sender writes five messages, edits one of them and deletes another; the status of the
 * deal changes as well.
 */
export async function sendWave(deal: Deal, senders: readonly Person[], wave: number): Promise<void> {
  const status = wave % 2 === 0 ? 'FUNDED' : 'SHIPPED'
  await Promise.all([...senders.map((sender) => sendInTurn(sender, deal, wave)), deal.changeStatus(status)])
}

async function sendInTurn(sender: Person, deal: Deal, wave: number): Promise<void> {
  const ids: string[] = []
  for (let nth = 1; nth <= MESSAGES_EACH; nth += 1) {
    const words = `${sender.key}: ${nth} of ${wave}`
    const input = { transactionId: deal.id, content: words, clientMessageId: words }
    const { data } = await untilTaken(() => sender.ask(SEND, { input }))
    ids.push(data?.sendMessage.message.id ?? '')
  }
  const [edited = '', deleted = ''] = ids
  await untilTaken(() =>
    sender.ask(EDIT, { input: { messageId: edited, content: `${sender.key} in ${wave}, edited` } }),
  )
  await untilTaken(() => sender.ask(DELETE, { input: { messageId: deleted } }))
}

/** On a busy machine it can take longer than a lock is waited for. Then nothing was done, and one tries again. */
async function untilTaken<Answer extends { readonly errors: readonly { extensions?: Record<string, unknown> }[] }>(
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    const answer = await ask()
    const [error] = answer.errors
    if (!error) return answer
    if (error.extensions?.['code'] !== 'SERVICE_UNAVAILABLE') throw new Error(JSON.stringify(error))
  }
}
