import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { graphql } from '../generated/gql.js'
import { temporaryDirectory } from '../testkit/directory.js'
import { post } from '../testkit/http-client.js'
import { prepareProjectCopy } from '../testkit/project-copy.js'
import type { DemoName } from '../testkit/service-process.js'
import { SEND } from '../testkit/writing.js'

const NAMES: readonly DemoName[] = ['Bea', 'Sam', 'Ana', 'Ari']

const LOOK_AROUND = graphql(`
  query NpmStartLookAround {
    viewer {
      user {
        displayName
      }
    }
    transactions {
      nodes {
        title
        messageCount
      }
    }
  }
`)

const READ = graphql(`
  query NpmStartRead($id: ID!) {
    message(id: $id) {
      content
      sender {
        displayName
      }
    }
  }
`)

const NPM_START = ['npm', 'start'] as const

const project = prepareProjectCopy()

async function ask(url: string, token: string) {
  const { status, data } = await post(url, LOOK_AROUND, {}, { authorization: `Bearer ${token}` })
  return { status, ...data }
}

/** Runs the printed command as a person would who pastes it into a shell. */
async function runPrintedCommand(output: string): Promise<unknown> {
  const [command = ''] = /^curl .*$/m.exec(output) ?? []
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command])
  return JSON.parse(stdout)
}

test('the first start says what it does, and ends with people, a partner and a command that work as they are printed', async () => {
  const service = project.start({ command: NPM_START, dataDirectory: temporaryDirectory() })
  const url = await service.url()

  const steps = [...service.output.matchAll(/^✓ (.+?) … \d+\.\d s/gm)].map(([, name]) => name)
  expect(steps.slice(-3)).toEqual(['Starting Postgres', 'Migrating the database', 'Demo people and deals'])
  expect(service.output).toContain(`Playground   ${url}`)
  expect(service.output).toContain(`WebSocket    ${url.replace('http', 'ws')}`)
  expect(await runPrintedCommand(service.output)).toMatchObject({
    data: { transactions: { nodes: expect.arrayContaining([expect.objectContaining({ status: 'FUNDED' })]) } },
  })
  for (const name of NAMES) {
    const { viewer } = await ask(url, service.token(name))
    expect(viewer?.user?.displayName).toMatch(name)
  }
  const { transactions } = await ask(url, service.token('Brightside'))
  expect(transactions?.nodes).toHaveLength(2)
  expect(service.errors).toBe('')
}, 90_000)

test('a second start finds everything as it was: tokens, demo people, deals, and what was said', async () => {
  const first = project.start({ command: NPM_START })
  const token = first.token.bind(first)
  const firstUrl = await first.url()
  const { transactions: before } = await ask(firstUrl, token('Bea'))
  const { data } = await post(
    firstUrl,
    SEND,
    { input: { transactionId: 'txn_guitar', content: 'Is it in tune?' } },
    { authorization: `Bearer ${token('Ana')}` },
  )
  first.signalGroup('SIGINT')
  await first.ended

  const second = project.start({ command: NPM_START, dataDirectory: first.dataDirectory })
  const url = await second.url()
  expect(second.output).toMatch(/Migrating the database … .* nothing to do/)
  expect(second.output).toMatch(/Demo people and deals … .* all as it was/)
  const { transactions: after } = await ask(url, token('Bea'))
  expect(after?.nodes.map(({ title }) => title).toSorted()).toEqual(before?.nodes.map(({ title }) => title).toSorted())
  const id = data?.sendMessage.message.id ?? ''
  const read = await post(url, READ, { id }, { authorization: `Bearer ${token('Bea')}` })
  expect(read.data?.message).toEqual({ content: 'Is it in tune?', sender: { displayName: 'Ana Alves' } })
}, 90_000)
