import { getVariableValues, type OperationDefinitionNode, parse, validate } from 'graphql'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSchema } from '../../src/graphql/schema.js'
import { post } from '../testkit/http-client.js'
import { RawSocket } from '../testkit/raw-socket.js'
import { PLATFORM } from '../testkit/seed.js'
import { startTestService, type TestService } from '../testkit/service.js'
import { type MarkdownDocument, readDocuments } from './markdown.js'

/** An operation of a document, with the variables in the block behind it. */
interface Example {
  readonly where: string
  readonly query: string
  readonly variables: Record<string, unknown>
}

/** What a reader would copy out of earlier answers, by what stands in the place of it. */
type Known = Map<string, string>

const schema = createSchema()
const examples = readDocuments().flatMap(examplesOf)

function examplesOf({ path, blocks }: MarkdownDocument): Example[] {
  return blocks.flatMap(({ language, text, line }, index) => {
    if (language !== 'graphql') return []
    const next = blocks[index + 1]
    const variables = next?.language === 'json' ? JSON.parse(next.text) : {}
    return [{ where: `${path}:${line}`, query: text, variables }]
  })
}

/** What is for the platform's backend alone. */
const PLATFORM_FIELDS = ['upsertUser', 'upsertTransaction', 'changeTransactionStatus', 'postSystemMessage']

function operationOf(query: string): OperationDefinitionNode {
  const [definition, ...others] = parse(query).definitions
  if (definition?.kind !== 'OperationDefinition' || others.length > 0) throw new Error('Not one operation by itself')
  return definition
}

function rootFieldsOf(query: string): string[] {
  return operationOf(query).selectionSet.selections.flatMap((field) => (field.kind === 'Field' ? field.name.value : []))
}

test('the tour shows every mutation and every subscription there is', () => {
  const shown = new Set(examples.flatMap(({ query }) => rootFieldsOf(query)))
  const rootFields = [schema.getMutationType(), schema.getSubscriptionType()].flatMap((type) =>
    Object.keys(type?.getFields() ?? {}),
  )
  expect([...shown]).toEqual(expect.arrayContaining(rootFields))
})

describe.each(examples)('the example at $where', ({ query, variables }) => {
  test('is valid', () => {
    expect(validate(schema, parse(query))).toEqual([])
  })

  test('fits its variables', () => {
    const declared = operationOf(query).variableDefinitions ?? []
    expect(declared.map(({ variable }) => variable.name.value)).toEqual(expect.arrayContaining(Object.keys(variables)))
    expect(getVariableValues(schema, declared, variables).errors).toBeUndefined()
  })
})

describe('read from top to bottom by Bea and the platform, with the demo data', () => {
  let testService: TestService
  let token: string
  let platformToken: string
  const known: Known = new Map()

  beforeAll(async () => {
    testService = await startTestService({ NODE_ENV: 'development' })
    token = await testService.seed.token({ subject: 'bea' })
    platformToken = await testService.seed.token({ clientId: 'backend', scopes: ['platform'] })
  })
  afterAll(() => testService.close())

  test.each(examples)('the example at $where does what it shows', async ({ query, variables }) => {
    const filled = fillIn(variables, known)
    if (operationOf(query).operation !== 'subscription') {
      const isPlatforms = rootFieldsOf(query).some((field) => PLATFORM_FIELDS.includes(field))
      const { data, errors } = await post<unknown, unknown>(testService.url, query, filled, {
        authorization: `Bearer ${isPlatforms ? platformToken : token}`,
      })
      expect(errors).toEqual([])
      remember(data, known)
      return
    }
    const socket = await RawSocket.connect(testService.webSocketUrl, token)
    socket.subscribe('1', query, filled)
    const told = socket.next()
    await actUntil(told)
    expect(await told).toMatchObject({ type: 'next', payload: { data: expect.anything() } })
    await socket.close()
  })

  /** Others do all kinds of things as well, so that each subscription has something to tell as soon as it has begun. */
  async function actUntil(told: Promise<unknown>): Promise<void> {
    const sam = await testService.seed.person('sam', 'Sam Sato')
    const { message, receipt, transaction, typing } = testService.service.services
    let isTold = false
    const stop = () => {
      isTold = true
    }
    told.then(stop, stop)
    const transactionKey = 'bicycle'
    for (let round = 1; !isTold; round += 1) {
      const status = round % 2 === 0 ? 'FUNDED' : 'SHIPPED'
      await transaction.changeStatus(PLATFORM, { transactionKey, status })
      const { id } = await message.send(sam.viewer, { transactionKey, content: 'On its way!' })
      await receipt.markRead(sam.viewer, transactionKey, id)
      await typing.set(sam.viewer, transactionKey, round % 2 === 1)
      const socket = await RawSocket.connect(testService.webSocketUrl, sam.token)
      await socket.close()
    }
  }
})

/** Puts what is known into the places that the document leaves open with `…`. */
function fillIn(variables: Record<string, unknown>, known: Known): Record<string, unknown> {
  return JSON.parse(JSON.stringify(variables), (key, value: unknown) => {
    if (typeof value !== 'string' || !value.includes('…')) return value
    const name = value === '…' ? key : value
    const answer = known.get(name)
    if (answer === undefined) throw new Error(`No earlier answer has what "${name}" stands for`)
    return answer
  })
}

function remember(data: unknown, known: Known): void {
  JSON.stringify(data, (key, value: unknown) => {
    if (key === 'timelineCursor' && typeof value === 'string') known.set('after', value)
    if (key === 'sendMessage') {
      const messageId = /msg_[0-9a-f-]+/.exec(JSON.stringify(value))?.[0]
      if (messageId !== undefined) known.set('msg_…', messageId)
    }
    return value
  })
}
